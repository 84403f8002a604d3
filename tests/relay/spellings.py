"""Heads that are no request, and the status that says so."""

CHAT = "/v1/chat/completions"
HOST = "Host: x"


def head(*lines: str, first: str = f"POST {CHAT} HTTP/1.1") -> bytes:
    return "\r\n".join([first, *lines, "", ""]).encode("latin-1")


REFUSED = [
    (head(), 400),
    (head(HOST, HOST), 400),
    (head(HOST, "hOST: y"), 400),
    (head("Host: a/b"), 400),
    (head("Host: a b"), 400),
    (head("Host: u@h"), 400),
    (head(HOST, "Host: y", first=f"POST {CHAT} HTTP/1.0"), 400),
    (head(HOST, "Transfer-Encoding: gzip, chunked"), 501),
    (head(HOST, "Transfer-Encoding: gzip", "Transfer-Encoding: chunked"), 400),
    (head(HOST, "Transfer-Encoding: identity"), 501),
    (head(HOST, "Transfer-Encoding: chunked", first=f"POST {CHAT} HTTP/1.0"), 400),
    (head(HOST, "Authorization: Bearer a", "authorization: Bearer b"), 400),
    (head(HOST, "x-api-key: a", "X-Api-Key: a"), 400),
    (head(HOST, "Content-Type: a/b", "Content-Type: c/d"), 400),
    (head(HOST, "Content-Length: 1", "Content-Length: 1"), 400),
    (head(HOST, "Content-Length: 1, 1"), 400),
    (head(HOST, "Content-Length: +1"), 400),
    (head(HOST, "Content-Length: 1_0"), 400),
    (head(HOST, "X: a", " folded"), 400),
    (head(HOST, "X : a"), 400),
    (head(HOST, "X: a\x00"), 400),
    (head(HOST, "X: a\rY: b"), 400),
    (head(HOST).replace(b"\r\n", b"\n"), 400),
    (head(HOST, first=f"POST {CHAT} HTTP/2.0"), 505),
    (head(HOST, first=f"POST {CHAT} HTTP/1.2"), 505),
    (head(HOST, first=f"POST {CHAT} HTTP/0.9"), 505),
    (head(first=f"GET {CHAT}"), 505),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (head(HOST, first=f"CONNECT {CHAT} HTTP/1.1"), 405),
    (head(HOST, first=f"post {CHAT} HTTP/1.1"), 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
]
