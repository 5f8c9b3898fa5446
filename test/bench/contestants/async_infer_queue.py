"""Contestant: the vendor's own loop, OpenVINO's AsyncInferQueue with inputs and outputs shared, not copied.

Answers the requests of protocol.ts on standard input, one JSON object per line.
"""

import json
import resource
import sys
import time

DTYPES = {"float32": "float32", "float16": "float16", "float64": "float64", "bool": "bool"}
WARM_UP_SHARE = 0.1


def rss_bytes():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


class Model:
    def __init__(self, request):
        import numpy as np
        import openvino as ov

        self.feeds = {
            feed["name"]: np.fromfile(feed["file"], DTYPES.get(feed["type"], feed["type"])).reshape(feed["dims"])
            for feed in request["feeds"]
        }
        start = time.perf_counter()
        core = ov.Core()
        model = core.read_model(request["model"])
        if request["overrides"]:
            model.reshape({feed["name"]: feed["dims"] for feed in request["feeds"]})
        # What enginery gives OpenVINO (lib/runtime/openvino-options.ts).
        properties = {
            "PERFORMANCE_HINT": request["hint"].upper(),
            "INFERENCE_PRECISION_HINT": "f32",
            "ENABLE_CPU_PINNING": "NO",
        }
        if "threads" in request:
            properties["INFERENCE_NUM_THREADS"] = str(request["threads"])
        self.compiled = core.compile_model(model, "CPU", properties)
        self.outputs = len(self.compiled.outputs)
        self.times = []
        # The pool has as many requests as there are runs in flight.
        self.queues = {}
        self.version = ov.__version__.split("-")[0]
        self.load(1, 0)
        self.load_ms = (time.perf_counter() - start) * 1000

    def queue(self, requests):
        if requests not in self.queues:
            import openvino as ov

            queue = ov.AsyncInferQueue(self.compiled, requests)
            queue.set_callback(self.on_done)
            self.queues[requests] = queue
        return self.queues[requests]

    def on_done(self, request, start):
        for index in range(self.outputs):
            request.get_output_tensor(index).data
        self.times.append(time.perf_counter() - start)

    def load(self, in_flight, seconds):
        queue = self.queue(in_flight)
        self.times.clear()
        cpu = time.process_time()
        start = time.perf_counter()
        while True:
            queue.start_async(self.feeds, time.perf_counter(), share_inputs=True)
            if in_flight == 1:
                queue.wait_all()
            if time.perf_counter() >= start + seconds:
                break
        queue.wait_all()
        elapsed = time.perf_counter() - start
        cpu = time.process_time() - cpu
        times = sorted(self.times)
        count = len(times)
        return {
            "runs": count,
            "perSecond": count / elapsed,
            "p50Ms": times[(count + 1) // 2 - 1] * 1000,
            "p99Ms": times[-(-count * 99 // 100) - 1] * 1000,
            "cpuMs": cpu * 1000 / count,
        }


def main():
    models = {}
    for line in sys.stdin:
        try:
            request = json.loads(line)
            if request["command"] == "load":
                # The first of a process also loads the library.
                start = time.perf_counter()
                import numpy, openvino  # noqa: E401, F401

                import_ms = (time.perf_counter() - start) * 1000
                model = models[request["session"]] = Model(request)
                answer = {
                    "loadMs": import_ms + model.load_ms,
                    "rssBytes": rss_bytes(),
                    "runtime": "OpenVINO Python " + model.version,
                }
            else:
                model = models[request["session"]]
                model.load(request["inFlight"], request["seconds"] * WARM_UP_SHARE)
                answer = model.load(request["inFlight"], request["seconds"])
        except Exception as error:  # whatever it is, the parent tells it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
