"""S/MIME envelopes: what is only signed is taken out and read; its signature is not verified (RFC 8551 §3.5.2)."""

from asn1crypto import cms  # type: ignore[import-untyped]  # ships no types

_OPAQUE = {"application/pkcs7-mime", "application/x-pkcs7-mime"}


def is_opaque(media_type: str, name: str) -> bool:
    """Whether a part is an S/MIME envelope: signed, sealed or compressed."""
    return media_type in _OPAQUE or (media_type == "application/octet-stream" and name.lower().endswith(".p7m"))


def signed_content(envelope: bytes) -> bytes | None:
    """The MIME entity that was signed; None when the envelope is sealed, or cannot be read."""
    try:
        outer = cms.ContentInfo.load(envelope)
        if outer["content_type"].native != "signed_data":
            return None
        content = outer["content"]["encap_content_info"]["content"].native
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return content if isinstance(content, bytes) else None
