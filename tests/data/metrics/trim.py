"""How retry-storm-trimmed.om.gz was made: python3 trim.py < retry-storm.om > retry-storm-trimmed.om (then gzip -9n)."""

import re
import sys

KEEP = re.compile(r"^(http_server_request_duration_seconds_(bucket|sum|count)|db_client_connection_(wait_time|use_time)_seconds_(sum|count)|db_client_connection_max)\{")
DROP_LABELS = re.compile(r',(network_protocol_version|url_scheme)="[^"]*"')

series = {}
for line in sys.stdin:
    if not KEEP.match(line):
        continue
    name, value, time = line.rsplit(" ", 2)
    # The steps of 200, 300, 350 and 400 requests a second, every second sample.
    if 1795458750 <= float(time) <= 1795458840 and int(float(time)) % 2 == 0:
        series.setdefault(DROP_LABELS.sub("", name), []).append((time.strip(), value))
# A service that is up and gets no traffic at all, with the namespace that OpenTelemetry puts before the name.
for second in range(1795458750, 1795458841, 2):
    labels = 'http_request_method="GET",http_response_status_code="200",http_route="/idle",instance="127.0.0.1:19999",job="shop/idle"'
    for name, extra, value in [("count", "", 7), ("sum", "", 0.7), ("bucket", 'le="0.25",', 7), ("bucket", 'le="+Inf",', 7)]:
        series.setdefault(f"http_server_request_duration_seconds_{name}{{{extra}{labels}}}", []).append((f"{second}.000", value))
for name in sorted(series, key=lambda name: (name.split("{")[0], name)):
    for time, value in series[name]:
        print(name, value, time)
print("# EOF")
