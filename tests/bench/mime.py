"""Print what reading a message at delivery and its record at a Sync cost. Run by hand.

The messages are those of ../shared/bench/makemail.py (mean about 36 KB).
"""

import importlib.util
import json
import platform
import statistics
import sys
import time
from pathlib import Path

from carbonio_mobile.mime.bodies import html_to_text, text_to_html
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.record import MessageRecord

MESSAGES = 200
MAKEMAIL = Path(__file__).resolve().parents[2] / "../shared/bench/makemail.py"


def messages() -> list[bytes]:
    spec = importlib.util.spec_from_file_location("makemail", MAKEMAIL)
    assert spec is not None
    assert spec.loader is not None
    makemail = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(makemail)
    return [makemail.make_message("7", number)[0] for number in range(MESSAGES)]


def cost_ms(work, inputs):
    """Give the CPU milliseconds of each input, the best of three."""
    costs = []
    for one in inputs:
        runs = []
        for _ in range(3):
            before = time.process_time()
            work(one)
            runs.append((time.process_time() - before) * 1e3)
        costs.append(min(runs))
    return costs


def show(what: str, costs: list[float]) -> None:
    mean, median, worst = statistics.mean(costs), statistics.median(costs), max(costs)
    print(f"{what:<34} mean {mean:8.4f}  median {median:8.4f}  worst {worst:8.4f} ms CPU")


def main() -> None:
    if not MAKEMAIL.exists():
        sys.exit(f"{MAKEMAIL} is not here")
    sources = messages()
    mean_kb = statistics.mean(map(len, sources)) / 1000
    print(f"Python {platform.python_version()}, {MESSAGES} messages of mean {mean_kb:.1f} KB")
    show("extract (target mean <= 4)", cost_ms(lambda one: extract(one, received_at=0), sources))
    seen = [extract(one, received_at=0) for one in sources]
    records = [one.record.to_json() for one in seen]
    show("record from JSON document", cost_ms(MessageRecord.from_json, records))
    texts = [json.dumps(one) for one in records]
    show("record from JSON text", cost_ms(lambda t: MessageRecord.from_json(json.loads(t)), texts))
    print(f"record as JSON text: mean {statistics.mean(map(len, texts)):.0f} octets")
    show("html_to_text", cost_ms(html_to_text, [one.html for one in seen if one.html]))
    show("text_to_html", cost_ms(text_to_html, [one.text for one in seen]))


if __name__ == "__main__":
    main()
