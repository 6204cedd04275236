"""HttpHook, HttpOperator and HttpSensor against a server on this machine."""
import json

import pytest
from vortex.exceptions import AirflowException
from vortex.providers.http.hook import HttpHook
from vortex.providers.http.operator import HttpOperator, SimpleHttpOperator
from vortex.providers.http.sensor import HttpSensor
from vortex.sensors.base import PokeReturnValue


@pytest.fixture
def web(http_server, define):
    define("web", conn_type="http", host="127.0.0.1", port=http_server.server_port, login="user", password="p@ss", extra={"X-Team": "data", "timeout": 5})
    return http_server


def ask(method="GET", *arguments, **options):
    return HttpHook(method, http_conn_id="web").run(*arguments, **options).json()


def test_address_sign_in_and_headers_come_from_the_connection(web):
    answer = ask("GET", "v1/items", {"q": "a b"}, {"X-Run": "1"})
    assert (answer["method"], answer["path"], answer["auth"]) == ("GET", "/v1/items?q=a+b", "user:p@ss")
    assert (answer["headers"]["X-Team"], answer["headers"]["X-Run"]) == ("data", "1")
    assert "timeout" not in answer["headers"]


def test_bodies(web):
    assert ask("POST", "/x", {"a": 1})["body"] == "a=1"
    assert ask("PUT", "/x", "text")["body"] == "text"
    assert json.loads(ask("POST", "/x", json={"a": [1]})["body"]) == {"a": [1]}
    assert HttpHook("HEAD", http_conn_id="web").run("x").status_code == 200


@pytest.mark.parametrize("host, schema, url", [("h", None, "http://h:1"), ("h", "https", "https://h:1"), ("https://h", "ignored", "https://h:1")])
def test_the_address_of_a_connection(define, host, schema, url):
    define("a", conn_type="http", host=host, schema=schema, port=1)
    hook = HttpHook(http_conn_id="a")
    hook.get_conn()
    assert (hook.base_url, hook.url_from_endpoint("x"), hook.url_from_endpoint("/x"), hook.url_from_endpoint(None)) == (url, f"{url}/x", f"{url}/x", url)


def test_a_status_of_400_and_above_is_an_error_unless_it_is_asked_for(web):
    with pytest.raises(AirflowException, match="^503:Service Unavailable$"):
        ask("GET", "status/503")
    assert HttpHook("GET", http_conn_id="web").run("status/503", extra_options={"check_response": False}).status_code == 503
    assert HttpHook("GET", http_conn_id="web").test_connection()[0] is True


def test_a_server_that_is_not_there(define):
    define("gone", conn_type="http", host="127.0.0.1", port=9)
    with pytest.raises(Exception, match="Connection refused|NewConnectionError"):
        HttpHook("GET", http_conn_id="gone").run("x")


def test_the_operator_returns_text_checks_and_filters(web):
    make = lambda **options: HttpOperator(task_id="t", http_conn_id="web", endpoint="x", **options)  # noqa: E731
    assert json.loads(make(data={"a": 1}).execute({}))["body"] == "a=1"
    assert make(method="GET", response_filter=lambda response: response.json()["path"]).execute({}) == "/x"
    assert make(response_filter=lambda response, ds: ds).execute({"ds": "2024-01-01"}) == "2024-01-01"
    with pytest.raises(AirflowException, match="Response check returned False"):
        make(response_check=lambda response: False).execute({})
    assert SimpleHttpOperator(task_id="t", http_conn_id="web", method="GET", response_filter=lambda r: r.status_code).execute({}) == 200


def test_pages_are_asked_for_until_there_are_no_more(web):
    def following(response):
        count = response.json()["count"]
        return {"headers": {"X-Page": str(count + 1)}} if count < 3 else None

    operator = HttpOperator(task_id="t", http_conn_id="web", endpoint="pages", method="GET", pagination_function=following)
    pages = [json.loads(text) for text in operator.execute({})]
    assert [page["headers"].get("X-Page") for page in pages] == [None, "2", "3"]


def test_the_sensor_waits_for_an_answer(web):
    later = HttpSensor(task_id="t", http_conn_id="web", endpoint="later", poke_interval=0.01)
    later.execute({})
    assert [one["path"] for one in web.asked] == ["/later"] * 3
    with pytest.raises(AirflowException, match="^500:"):
        HttpSensor(task_id="t", http_conn_id="web", endpoint="status/500").poke({})
    assert HttpSensor(task_id="t", http_conn_id="web", endpoint="status/500", response_error_codes_allowlist=[500]).poke({}) is False
    check = HttpSensor(task_id="t", http_conn_id="web", endpoint="x", response_check=lambda r, ds: PokeReturnValue(True, ds + r.json()["path"]))
    assert check.poke({"ds": "today "}).xcom_value == "today /x"
