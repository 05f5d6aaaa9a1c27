"""The page as PDF, printed by a Chromium that is installed already."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from report_lib.common.errors import ReportError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
SECONDS = 180


def write_pdf(page: Path, path: Path) -> Path:
    """Print a report; the file appears when it is whole.

    Raises
    ------
    ReportError
        When there is no browser, or it does not print.
    """
    browser = os.environ.get("REPORT_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
    browser = browser or (str(MAC) if MAC.is_file() else None)
    if not browser:
        raise ReportError(
            "no Chromium or Chrome found to print with; install one, or name it: REPORT_BROWSER=path make pdf"
        )
    # What a browser still writes to its profile while it ends is no reason to fail.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        part = Path(folder) / "report.pdf"
        said = _print(browser, page, part, folder)
        if not part.is_file():
            raise ReportError(f"{browser} did not print {page}: {said}")
        # Moving between disks is copying, so the last step is within one.
        shutil.move(part, path.with_suffix(".part"))
    os.replace(path.with_suffix(".part"), path)
    return path


def _print(browser: str, page: Path, part: Path, profile: str) -> str:
    """Run the browser; return the last line that it said."""
    # Chromium's sandbox refuses to run as root, as it would in a container.
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    command = [
        browser, "--headless", "--disable-gpu", *as_root, f"--user-data-dir={profile}/profile", "--no-pdf-header-footer",
        "--generate-pdf-document-outline", f"--print-to-pdf={part}", page.resolve().as_uri(),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except OSError as error:
        return error.strerror or str(error)
    except subprocess.TimeoutExpired:
        return f"no answer within {SECONDS} seconds"
    return (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
