"""The evaluation report: one HTML file that opens alone, anywhere, with no network.

`ReportContent` says what goes in, `write_report` writes it.
"""

from inspector.project.report.content import ReportContent
from inspector.project.report.write import write_report

__all__ = ["ReportContent", "write_report"]
