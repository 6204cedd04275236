"""HttpHook on the requests library. Source: Airflow, provider http, hooks/http."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

from vortex.airflow_compat.names import BaseHook
from vortex.exceptions import AirflowException
from vortex.execution.connection import Connection
from vortex.providers.drivers import driver

# Fields of a connection's extra that are options of a request; the others are headers.
_OPTIONS = ("stream", "verify", "proxies", "proxy", "cert", "timeout", "allow_redirects", "max_redirects", "check_response", "trust_env")


class HttpHook(BaseHook):
    """
    Requests to the server that a connection names: host (with its protocol, or else schema says it), port, login and password. The extra
    holds headers, and the options stream, verify, proxies, cert, timeout, allow_redirects, max_redirects, check_response, trust_env.

    method: of its requests.
    http_conn_id: a connection of type http.
    auth_type: a class of requests' kind that takes login and password (None = basic), or is called without them if there is no login.
    adapter: an adapter of requests, in place of one that keeps connections alive.
    tcp_keep_alive: whether the connection is kept alive while the server is silent.
    tcp_keep_alive_idle, tcp_keep_alive_interval: seconds until the first probe, and between two.
    tcp_keep_alive_count: probes without an answer that end the connection.

    Raises AirflowNotFoundException for a connection that is not defined, AirflowException for a status of 400 and above, and what requests
    raises.
    Source: Airflow, provider http, HttpHook.

    Example:

        from airflow.providers.http.hooks.http import HttpHook
        from vortex import DAG, task

        with DAG("example_http_hook", schedule=None):

            @task
            def orders():
                return HttpHook(method="GET", http_conn_id="shop_api").run("orders.json").json()

            orders()
    """

    conn_name_attr = "http_conn_id"
    default_conn_name = "http_default"
    conn_type = "http"
    hook_name = "HTTP"

    def __init__(
        self,
        method: str = "POST",
        http_conn_id: str = default_conn_name,
        auth_type: Any = None,
        tcp_keep_alive: bool = True,
        tcp_keep_alive_idle: int = 120,
        tcp_keep_alive_count: int = 20,
        tcp_keep_alive_interval: int = 30,
        adapter: Any = None,
        **_: Any,
    ) -> None:
        super().__init__()
        self.method = method.upper()
        self.http_conn_id = http_conn_id
        self.auth_type = auth_type
        self.base_url = ""
        self.adapter = adapter
        self.keep_alive = (tcp_keep_alive_idle, tcp_keep_alive_interval, tcp_keep_alive_count) if tcp_keep_alive else None
        self.merged_extra: Dict[str, Any] = {}

    def get_conn(self, headers: Optional[Mapping[str, Any]] = None, extra_options: Optional[Mapping[str, Any]] = None) -> Any:
        """A requests.Session with address, sign-in, headers and options of the connection; `headers` go over its own."""
        session = driver("requests", "HttpHook").Session()
        self.merged_extra = dict(extra_options or {})
        if self.http_conn_id:
            connection = self.get_connection(self.http_conn_id)
            self.base_url = base_url_of(connection)
            session.auth = self._auth(connection)
            self._apply_extra(session, connection.extra_dejson, extra_options or {})
        if headers:
            session.headers.update(headers)
        adapter = self.adapter or self._keep_alive_adapter()
        if adapter is not None:
            for scheme in ("http://", "https://"):
                session.mount(scheme, adapter)
        return session

    def run(
        self,
        endpoint: Optional[str] = None,
        data: Any = None,
        headers: Optional[Mapping[str, Any]] = None,
        extra_options: Optional[Mapping[str, Any]] = None,
        **request_kwargs: Any,
    ) -> Any:
        """
        Sends a request and returns requests' Response. `data`: the query of a GET, the body of others; `json` and others go to
        requests.Request. Raises AirflowException for a status of 400 and above, unless extra_options has check_response False.
        """
        requests = driver("requests", "HttpHook")
        session = self.get_conn(headers, extra_options)
        body = {"params": data} if self.method == "GET" else {} if self.method == "HEAD" else {"data": data}
        request = requests.Request(self.method, self.url_from_endpoint(endpoint), headers=headers, **body, **request_kwargs)
        return self.run_and_check(session, session.prepare_request(request), self.merged_extra)

    def run_and_check(self, session: Any, prepped_request: Any, extra_options: Mapping[str, Any]) -> Any:
        """Sends a prepared request with these options over the session's and the environment's."""
        settings = session.merge_environment_settings(
            prepped_request.url,
            proxies=extra_options.get("proxies", session.proxies) or {},
            stream=extra_options.get("stream", session.stream),
            verify=extra_options.get("verify", session.verify),
            cert=extra_options.get("cert", session.cert),
        )
        send = {"timeout": extra_options.get("timeout"), "allow_redirects": extra_options.get("allow_redirects", True), **settings}
        response = session.send(prepped_request, **send)
        if extra_options.get("check_response", True):
            self.check_response(response)
        return response

    def run_with_advanced_retry(self, _retry_args: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        """`run`, repeated as the arguments of tenacity.Retrying say."""
        return driver("tenacity", "HttpHook.run_with_advanced_retry()").Retrying(**_retry_args)(self.run, *args, **kwargs)

    def check_response(self, response: Any) -> None:
        """Raises AirflowException("404:Not Found") for a status of 400 and above."""
        if response.status_code >= 400:
            self.log.error("HTTP error: %s", response.reason)
            self.log.error(response.text)
            raise AirflowException(f"{response.status_code}:{response.reason}")

    def url_from_endpoint(self, endpoint: Optional[str]) -> str:
        """The endpoint below the connection's address, with one slash between them."""
        if self.base_url and not self.base_url.endswith("/") and endpoint and not endpoint.startswith("/"):
            return f"{self.base_url}/{endpoint}"
        return self.base_url + (endpoint or "")

    def test_connection(self) -> Tuple[bool, str]:
        """Whether the address answers a GET, and a sentence about it."""
        try:
            self.method = "GET"
            self.run()
        except Exception as error:  # noqa: BLE001 - what went wrong is the answer
            return False, str(error)
        return True, "Connection successfully tested"

    def _auth(self, connection: Connection) -> Any:
        if connection.login:
            make = self.auth_type or driver("requests", "HttpHook").auth.HTTPBasicAuth
            return make(connection.login, connection.password)
        return self.auth_type() if callable(self.auth_type) else None

    def _apply_extra(self, session: Any, extra: Dict[str, Any], asked: Mapping[str, Any]) -> None:
        options = {name: extra[name] for name in _OPTIONS if name in extra}
        headers = {name: value for name, value in extra.items() if name not in _OPTIONS and name != "headers"}
        headers.update(extra.get("headers") or {})
        session.headers.update({name: str(value) for name, value in headers.items()})
        if "proxy" in options:
            options.setdefault("proxies", options.pop("proxy"))
        session.trust_env = options.pop("trust_env", True)
        session.max_redirects = options.pop("max_redirects", session.max_redirects)
        self.merged_extra = {**options, **asked}

    def _keep_alive_adapter(self) -> Any:
        """Sends TCP keep-alives, so that a long silent answer isn't cut off by what lies between. None without urllib3's support."""
        if self.keep_alive is None:
            return None
        import socket

        from requests.adapters import HTTPAdapter
        from urllib3.connection import HTTPConnection

        options = [*HTTPConnection.default_socket_options, (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
        for name, value in zip(("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT"), self.keep_alive):
            if hasattr(socket, name):
                options.append((socket.IPPROTO_TCP, getattr(socket, name), value))

        class KeepAlive(HTTPAdapter):
            def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
                return super().init_poolmanager(*args, socket_options=options, **kwargs)

        return KeepAlive()


def base_url_of(connection: Connection) -> str:
    """http://host:port; https:// if the connection's schema or host says so."""
    host = connection.host or ""
    url = host if "://" in host else f"{connection.schema or 'http'}://{host}"
    return f"{url}:{connection.port}" if connection.port else url
