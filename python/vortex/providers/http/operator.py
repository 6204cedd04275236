"""HttpOperator. Source: Airflow, provider http, operators/http."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

from vortex.definitions.base_operator import BaseOperator
from vortex.definitions.callable_arguments import keyword_arguments
from vortex.exceptions import AirflowException
from vortex.providers.http.hook import HttpHook


class HttpOperator(BaseOperator):
    """
    Sends an HTTP request to the server that a connection names.

    endpoint: path below the connection's address.
    method: of the request.
    data: the query of a GET, the body of others.
    headers: over those of the connection.
    http_conn_id: a connection of type http: see HttpHook.
    response_check: a function that gets the Response, and of the context what its parameters name; false fails the task.
    response_filter: a function that makes the result of the Response.
    pagination_function: a function that gets a Response and returns arguments of the next request (endpoint, data, headers,
        extra_options), or None after the last one; response_check and response_filter then get a list of Responses.
    extra_options: options of the request, such as timeout (seconds), verify, allow_redirects, or check_response (False = any status is
        well).
    request_kwargs: arguments of requests.Request, such as json.
    log_response: whether the answer is logged.
    auth_type: a class of requests' kind that takes login and password. None = basic.
    retry_args: arguments of tenacity.Retrying. None = one request.
    deferrable: accepted: the task itself sends the request.
    tcp_keep_alive: whether the connection is kept alive while the server is silent.
    tcp_keep_alive_idle, tcp_keep_alive_interval: seconds until the first probe, and between two.
    tcp_keep_alive_count: probes without an answer that end the connection.

    Returns the text of the answer, a list of texts with pagination_function, or what response_filter makes.
    Raises AirflowException for a status of 400 and above, and if response_check says no; what requests raises.
    Source: Airflow, provider http, HttpOperator.

    Example:

        from vortex import DAG
        from airflow.providers.http.operators.http import HttpOperator

        with DAG("example_http", schedule="@daily"):
            HttpOperator(
                task_id="orders",
                http_conn_id="shop_api",
                endpoint="orders.json",
                method="GET",
                data={"day": "{{ ds }}"},
                extra_options={"timeout": 30},
                response_filter=lambda response: response.json(),
            )
    """

    template_fields: Sequence[str] = ("endpoint", "data", "headers", "http_conn_id", "extra_options", "request_kwargs")
    template_fields_renderers = {"headers": "json", "data": "py"}
    template_ext: Sequence[str] = ()
    ui_color = "#f4a460"
    hook_class = HttpHook

    def __init__(
        self,
        *,
        endpoint: Optional[str] = None,
        method: str = "POST",
        data: Any = None,
        headers: Optional[Dict[str, str]] = None,
        pagination_function: Optional[Callable[[Any], Optional[Dict[str, Any]]]] = None,
        response_check: Optional[Callable[..., Any]] = None,
        response_filter: Optional[Callable[..., Any]] = None,
        extra_options: Optional[Dict[str, Any]] = None,
        request_kwargs: Optional[Dict[str, Any]] = None,
        http_conn_id: str = "http_default",
        log_response: bool = False,
        auth_type: Any = None,
        retry_args: Optional[Dict[str, Any]] = None,
        deferrable: bool = False,
        tcp_keep_alive: bool = True,
        tcp_keep_alive_idle: int = 120,
        tcp_keep_alive_count: int = 20,
        tcp_keep_alive_interval: int = 30,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.http_conn_id = http_conn_id
        self.method = method
        self.endpoint = endpoint
        self.headers = headers or {}
        self.data = {} if data is None else data
        self.pagination_function = pagination_function
        self.response_check = response_check
        self.response_filter = response_filter
        self.extra_options = extra_options or {}
        self.request_kwargs = request_kwargs or {}
        self.log_response = log_response
        self.auth_type = auth_type
        self.retry_args = retry_args
        self.deferrable = deferrable
        self.tcp_keep_alive = tcp_keep_alive
        self.tcp_keep_alive_idle = tcp_keep_alive_idle
        self.tcp_keep_alive_count = tcp_keep_alive_count
        self.tcp_keep_alive_interval = tcp_keep_alive_interval

    # Not a property: subclasses of older Airflows set it.
    @cached_property
    def hook(self) -> HttpHook:
        return self.hook_class(
            self.method,
            http_conn_id=self.http_conn_id,
            auth_type=self.auth_type,
            tcp_keep_alive=self.tcp_keep_alive,
            tcp_keep_alive_idle=self.tcp_keep_alive_idle,
            tcp_keep_alive_count=self.tcp_keep_alive_count,
            tcp_keep_alive_interval=self.tcp_keep_alive_interval,
        )

    def execute(self, context: Mapping[str, Any]) -> Any:
        response = self._send(self.endpoint, self.data, self.headers, self.extra_options)
        if self.pagination_function is None:
            return self.process_response(context, response)
        responses = [response]
        while (following := self.pagination_function(response)) is not None:
            response = self._send(
                following.get("endpoint", self.endpoint),
                following.get("data", self.data) if isinstance(following.get("data", self.data), str) else {**_dict(self.data), **_dict(following.get("data"))},
                {**self.headers, **_dict(following.get("headers"))},
                {**self.extra_options, **_dict(following.get("extra_options"))},
            )
            responses.append(response)
        return self.process_response(context, responses)

    def process_response(self, context: Mapping[str, Any], response: Union[Any, List[Any]]) -> Any:
        """What the task returns for a Response, or for those of all pages."""
        pages = response if isinstance(response, list) else [response]
        if self.log_response:
            for page in pages:
                self.log.info(page.text)
        if self.response_check is not None and not self._call(self.response_check, response, context):
            raise AirflowException("Response check returned False.")
        if self.response_filter is not None:
            return self._call(self.response_filter, response, context)
        return [page.text for page in pages] if isinstance(response, list) else response.text

    def _send(self, endpoint: Any, data: Any, headers: Any, extra_options: Any) -> Any:
        hook = self.hook
        self.log.info("Calling HTTP method %s %s", hook.method, endpoint or "")
        if self.retry_args:
            return hook.run_with_advanced_retry(self.retry_args, endpoint, data, headers, extra_options, **self.request_kwargs)
        return hook.run(endpoint, data, headers, extra_options, **self.request_kwargs)

    @staticmethod
    def _call(function: Callable[..., Any], response: Any, context: Mapping[str, Any]) -> Any:
        return function(response, **keyword_arguments(function, [response], context, {}))


def _dict(value: Any) -> Dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


class SimpleHttpOperator(HttpOperator):
    """The older name of HttpOperator."""
