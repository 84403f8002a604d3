"""Signing in with somebody else's word: GitHub, OpenID Connect, Lark (Feishu), WeChat; and what an account is bound to."""
