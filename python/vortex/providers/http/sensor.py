"""HttpSensor. Source: Airflow, provider http, sensors/http."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Union

from vortex.definitions.callable_arguments import keyword_arguments
from vortex.exceptions import AirflowException
from vortex.providers.http.hook import HttpHook
from vortex.sensors.base import BaseSensorOperator


class HttpSensor(BaseSensorOperator):
    """
    Waits until a request succeeds, and `response_check`, if there is one, says yes of its Response.

    endpoint: path below the connection's address.
    http_conn_id: a connection of type http: see HttpHook.
    method: of the request.
    request_params: the query of a GET, the body of others.
    request_kwargs: arguments of requests.Request, such as json.
    headers: over those of the connection.
    response_check: a function that gets the Response, and of the context what its parameters name; it may return a PokeReturnValue.
    response_error_codes_allowlist: statuses that mean "not yet". None = 404.
    extra_options: options of the request, such as timeout (seconds) or verify.
    tcp_keep_alive: whether the connection is kept alive while the server is silent.
    deferrable: accepted: the task itself sends the request.

    Raises AirflowSensorTimeout when it gives up; AirflowException for a status of 400 and above that does not mean "not yet".
    Source: Airflow, provider http, HttpSensor.

    Example:

        from vortex import DAG
        from airflow.providers.http.sensors.http import HttpSensor

        with DAG("example_http_sensor", schedule="@daily"):
            HttpSensor(
                task_id="shop_is_up",
                http_conn_id="shop_api",
                endpoint="orders.json",
                response_check=lambda response: len(response.json()) > 0,
                poke_interval=30,
                mode="reschedule",
            )
    """

    template_fields: Sequence[str] = ("endpoint", "request_params", "headers", "http_conn_id", "extra_options")

    def __init__(
        self,
        *,
        endpoint: str,
        http_conn_id: str = "http_default",
        method: str = "GET",
        request_params: Any = None,
        request_kwargs: Optional[Dict[str, Any]] = None,
        headers: Optional[Dict[str, Any]] = None,
        response_error_codes_allowlist: Union[Iterable[Union[str, int]], None] = None,
        response_check: Optional[Callable[..., Any]] = None,
        extra_options: Optional[Dict[str, Any]] = None,
        tcp_keep_alive: bool = True,
        deferrable: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.endpoint = endpoint
        self.http_conn_id = http_conn_id
        self.method = method
        self.request_params = request_params or {}
        self.request_kwargs = request_kwargs or {}
        self.headers = headers or {}
        self.response_error_codes_allowlist: List[str] = [str(code) for code in response_error_codes_allowlist or ("404",)]
        self.response_check = response_check
        self.extra_options = extra_options or {}
        self.tcp_keep_alive = tcp_keep_alive
        self.deferrable = deferrable

    def poke(self, context: Any) -> Any:
        hook = HttpHook(self.method, http_conn_id=self.http_conn_id, tcp_keep_alive=self.tcp_keep_alive)
        try:
            response = hook.run(self.endpoint, self.request_params, self.headers, self.extra_options, **self.request_kwargs)
        except AirflowException as error:
            # HttpHook says "404:Not Found".
            if str(error).partition(":")[0] in self.response_error_codes_allowlist:
                return False
            raise
        if self.response_check is None:
            return True
        return self.response_check(response, **keyword_arguments(self.response_check, [response], context, {}))
