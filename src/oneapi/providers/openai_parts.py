"""The parts of a canonical message in OpenAI's words."""

from typing import Any, cast

from oneapi.errors import InvalidRequest
from oneapi.providers.base import Document
from oneapi.wire.anthropic_blocks import part_of as canonical_part
from oneapi.wire.shapes import objects, section, text


def plain_content(message: Document, where: str, keeps: frozenset[str]) -> Any:
    """Return a message's content: a text where it is nothing but text, since many vendors take lists only for images."""
    content = message.get("content")
    if not isinstance(content, list):
        return content
    marks = "cache_control" in keeps
    joint = "" if message["role"] == "assistant" else "\n\n"
    texts = None if marks else _texts_of(cast("list[Any]", content))
    if texts:
        return joint.join(texts)
    parts = [
        plain
        for i, part in enumerate(cast("list[object]", content))
        for plain in _parts_of(section(part), f"{where}.content[{i}]", marks)
    ]
    if any(part["type"] != "text" or len(part) > 2 for part in parts):
        return parts
    if not parts and message["role"] == "assistant":
        return None
    return joint.join(part["text"] for part in parts)


def tool_content(message: Document, where: str) -> tuple[str, list[Document]]:
    """Return the text of a tool's result, which says so when the tool failed, and what else it is."""
    content = message.get("content")
    others: list[Document] = []
    texts = _texts_of(cast("list[Any]", content)) if isinstance(content, list) else None
    if texts is not None:
        content = "\n\n".join(texts)
    elif isinstance(content, list):
        parts = [
            plain
            for i, part in enumerate(cast("list[object]", content))
            for plain in _parts_of(section(part), f"{where}.content[{i}]", keeps_marks=False)
        ]
        others = [part for part in parts if part["type"] != "text"]
        content = "\n\n".join(part["text"] for part in parts if part["type"] == "text")
    said = text(content)
    if message.get("is_error") is True:
        said = f"The tool failed: {said}" if said else "The tool failed."
    return said, others


def _texts_of(content: list[Any]) -> list[str] | None:
    """Return the texts of a content that is nothing else, `None` of any other."""
    texts: list[str] = []
    for part in objects(content):
        if part.get("type") != "text":
            return None
        texts.append(part["text"])
    return texts


def _parts_of(part: Document, where: str, keeps_marks: bool) -> list[Document]:
    """Return the parts that a part becomes: a document may be several."""
    source = section(part.get("source"))
    if part.get("type") == "document" and source.get("type") == "content":
        return _flattened(part, source, where, keeps_marks)
    return [part_of(part, where, keeps_marks)]


def _flattened(part: Document, source: Document, where: str, keeps_marks: bool) -> list[Document]:
    """Return a document that consists of texts and images as these."""
    content = source.get("content")
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    parts = [
        part_of(canonical_part(block), f"{where}.source.content[{i}]", keeps_marks=False)
        for i, block in enumerate(objects(content))
    ]
    title = part.get("title")
    if isinstance(title, str) and title:
        parts.insert(0, {"type": "text", "text": title})
    if all(found["type"] == "text" for found in parts):
        parts = [{"type": "text", "text": "\n\n".join(found["text"] for found in parts)}]
    if keeps_marks and "cache_control" in part:
        parts[-1] = {**parts[-1], "cache_control": part["cache_control"]}
    return parts


def part_of(part: Document, where: str, keeps_marks: bool) -> Document:
    """Return one part; raise `InvalidRequest` for what OpenAI's dialect cannot say."""
    mark = (
        {"cache_control": part["cache_control"]} if keeps_marks and "cache_control" in part else {}
    )
    match part.get("type"):
        case "text":
            return {"type": "text", "text": part["text"], **mark}
        case "image_url":
            return {"type": "image_url", "image_url": part["image_url"], **mark}
        case "document":
            return {**_document(part, where), **mark}
        case "search_result":
            texts = [text(block.get("text")) for block in objects(part.get("content"))]
            head = f"{part.get('title', '')} ({part.get('source', '')})"
            return {"type": "text", "text": "\n".join([head, *texts]), **mark}
        case "tool_reference":
            return {"type": "text", "text": f"tool: {part.get('tool_name', '')}"}
        case "file" | "input_audio" | "video_url":
            return part
        case "image":
            kind = section(part.get("source")).get("type")
            raise InvalidRequest(
                f"`{where}.source.type`: this provider takes no image of source {kind!r}",
                param=f"{where}.source.type",
            )
        case kind:
            raise InvalidRequest(
                f"`{where}`: this provider takes no part of type {kind!r}", param=where
            )


def _document(part: Document, where: str) -> Document:
    source = section(part.get("source"))
    match source.get("type"):
        case "text":
            title = f"{part['title']}\n\n" if part.get("title") else ""
            return {"type": "text", "text": f"{title}{source.get('data', '')}"}
        case "base64":
            url = f"data:{source.get('media_type')};base64,{source.get('data')}"
            file = {"filename": part.get("title") or "document.pdf", "file_data": url}
            return {"type": "file", "file": file}
        case kind:
            raise InvalidRequest(
                f"`{where}.source.type`: this provider takes no document of source {kind!r}",
                param=f"{where}.source.type",
            )
