"""The vendors of the packages, and what they are in this gateway."""

# Whose price a plain model name means: the first that sells it. Of the others only those whose channels have a type can ask
# another price for the same name.
PREFERRED = [
    *("openai", "anthropic", "google", "x-ai", "deepseek", "mistral", "moonshotai", "zhipuai"),
    *("zai", "minimax", "cohere", "perplexity", "meta", "groq", "voyageai", "arcee"),
    *(
        "alibaba",
        "volcengine",
        "tencent",
        "stepfun",
        "xiaomi",
        "longcat",
        "bailing",
        "sensenova",
        "byteplus",
    ),
    *("ai21", "jina", "inception", "upstage", "poolside", "morph", "sakana", "thinkingmachines"),
    *(
        "openrouter",
        "cerebras",
        "together",
        "novita",
        "fireworks",
        "deepinfra",
        "nebius",
        "sambanova",
    ),
    *("cloudflare", "aws", "siliconflow"),
]
CHANNEL_TYPES = {
    "google": (24, 42, 51),
    "x-ai": (45,),
    "deepseek": (36,),
    "mistral": (28,),
    "moonshotai": (25,),
    "zhipuai": (16,),
    "minimax": (27,),
    "cohere": (35,),
    "groq": (29,),
    "openrouter": (20,),
    "together": (39,),
    "novita": (41,),
    "cloudflare": (37,),
    "aws": (33,),
    "alibaba": (17, 49, 1030),
    "volcengine": (40,),
    "tencent": (23,),
    "stepfun": (32, 1043),
    "siliconflow": (44, 1042),
    "bailing": (1034,),
    "cerebras": (1101,),
    "deepinfra": (1130,),
    "fireworks": (1131,),
    "inception": (1105,),
    "jina": (1122,),
    "meta": (1102,),
    "morph": (1106,),
    "nebius": (1134,),
    "perplexity": (1100,),
    "poolside": (1111,),
    "sakana": (1112,),
    "sambanova": (1132,),
    "sensenova": (1038,),
    "upstage": (1104,),
    "voyageai": (1121,),
    "xiaomi": (1041,),
}
# As this gateway calls them (`providers/registry.py`), where the packages have another word.
SLUGS = {
    "google": "gemini",
    "x-ai": "xai",
    "moonshotai": "moonshot",
    "zhipuai": "zhipu",
    "alibaba": "ali",
    "volcengine": "doubao",
    "together": "togetherai",
    "voyageai": "voyage",
    "bailing": "ling",
}


def slug(vendor: str) -> str:
    """Return what this gateway calls a vendor."""
    return SLUGS.get(vendor, vendor)
