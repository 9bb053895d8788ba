"""What makes an invoice's PDF a Factur-X 1.0: the XML attached to it, and metadata that says so (ISO 19005-3)."""

from io import BytesIO
from typing import Final

import pikepdf
from lxml import etree  # type: ignore[import-untyped]  # ships no types

FILE_NAME: Final = "factur-x.xml"
_FX: Final = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_EXTENSION: Final = "http://www.aiim.org/pdfa/ns/extension/"
_SCHEMA: Final = "http://www.aiim.org/pdfa/ns/schema#"
_PROPERTY: Final = "http://www.aiim.org/pdfa/ns/property#"
_SAID: Final = {  # what the metadata says, and what each of it means
    "DocumentType": ("INVOICE", "The type of the hybrid document in capital letters"),
    "DocumentFileName": (FILE_NAME, "The name of the embedded XML document"),
    "Version": ("1.0", "The version of the standard that the embedded XML document follows"),
    "ConformanceLevel": ("EN 16931", "The conformance level of the embedded XML document"),
}
_PARSER: Final = etree.XMLParser(resolve_entities=False, no_network=True)


def finished(pdf: bytes) -> bytes:
    """The PDF, whose XML typst has attached already, with the metadata that names it. Equal in, equal out."""
    with pikepdf.open(BytesIO(pdf)) as document:
        metadata = document.Root.Metadata
        metadata.write(_described(metadata.read_bytes()))
        written = BytesIO()
        document.save(written, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.preserve)
    return written.getvalue()


def attached(pdf: bytes) -> bytes:
    """The XML that a Factur-X carries. ValueError where the PDF is none."""
    with pikepdf.open(BytesIO(pdf)) as document:
        if FILE_NAME not in document.attachments:
            raise ValueError(f"this PDF carries no {FILE_NAME}")
        return bytes(document.attachments[FILE_NAME].get_file().read_bytes())


def _described(xmp: bytes) -> bytes:
    root = etree.fromstring(xmp, _PARSER)
    description = root.find(f".//{{{_RDF}}}Description")
    schemas = root.find(f".//{{{_EXTENSION}}}schemas/{{{_RDF}}}Bag")
    schemas.append(_schema())
    own = etree.SubElement(description.getparent(), f"{{{_RDF}}}Description", nsmap={"fx": _FX})
    own.set(f"{{{_RDF}}}about", "")
    for name, (value, _) in _SAID.items():
        etree.SubElement(own, f"{{{_FX}}}{name}").text = value
    begin, end = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>', b'<?xpacket end="r"?>'
    return begin + bytes(etree.tostring(root, encoding="utf-8")) + end


def _schema() -> etree._Element:
    """The description that PDF/A asks for of every property that it does not know itself."""
    schema = _resource({"schema": "Factur-X PDFA Extension Schema", "namespaceURI": _FX, "prefix": "fx"}, _SCHEMA)
    properties = etree.SubElement(etree.SubElement(schema, f"{{{_SCHEMA}}}property"), f"{{{_RDF}}}Seq")
    for name, (_, meaning) in _SAID.items():
        fields = {"name": name, "valueType": "Text", "category": "external", "description": meaning}
        properties.append(_resource(fields, _PROPERTY))
    return schema


def _resource(fields: dict[str, str], namespace: str) -> etree._Element:
    item = etree.Element(f"{{{_RDF}}}li")
    item.set(f"{{{_RDF}}}parseType", "Resource")
    for name, text in fields.items():
        etree.SubElement(item, f"{{{namespace}}}{name}").text = text
    return item
