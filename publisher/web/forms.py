"""What browsers send by POST."""

from urllib.parse import parse_qs

from starlette.requests import Request

MOST = 1 << 16  # bytes of a form


async def fields(request: Request) -> dict[str, list[str]] | None:
    """The fields of a form as browsers send it; None for one that is none, or too large."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST:
            return None
    try:
        return parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return None
