"""Chromium, driven as the tests of the report need it."""

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

WIDTHS = {"phone": 390, "paper": 720, "small screen": 1100, "screen": 1440}
"""Pixels; paper is A4 less its margins."""
PATIENCE = 600
"""Time limit of a script, seconds: a check of accessibility takes a minute on a busy machine."""


class Browser:
    """A headless Chromium.

    Args:
        chromium: its program.
        driver: the program that drives it.
    """

    def __init__(self, chromium: str, driver: str) -> None:
        # Not every machine that runs the other tests has it.
        from selenium import webdriver  # noqa: PLC0415

        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for option in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        service = webdriver.ChromeService(executable_path=driver)
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.set_script_timeout(PATIENCE)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self.driver.quit()

    def open(
        self, page: Path, width: str = "screen", *, dark: bool = False, medium: str = "screen"
    ) -> None:
        """Open a file; what was logged before is forgotten."""
        size = {"width": WIDTHS[width], "height": 900, "deviceScaleFactor": 1}
        self._command("Emulation.setDeviceMetricsOverride", mobile=width == "phone", **size)
        theme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._command("Emulation.setEmulatedMedia", media=medium, features=[theme])
        self.driver.get("about:blank")
        self.said(), self.requested()
        self.driver.get(f"file://{quote(str(page))}")

    def run(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript in the page and return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def said(self) -> list[str]:
        """What stands in the console since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requested(self) -> list[str]:
        """Addresses that were asked for since the last call, without those inside the page."""
        events = [
            json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")
        ]
        addresses = [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
        return [address for address in addresses if not address.startswith(("data:", "about:"))]

    def printed(self) -> bytes:
        """The page as PDF, A4."""
        size = {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": True}
        return base64.b64decode(self._command("Page.printToPDF", **size)["data"])

    def _command(self, name: str, **parameters: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, parameters)
