"""Mail, against a real SMTP server on this machine."""
import email
import ssl
import subprocess
from email import policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from vortex import mail
from vortex.execution import masking

USER, PASSWORD = b"me", b"s3cret"


class Inbox:
    def __init__(self):
        self.mails = []
        self.drop = 0
        self.goodbye = "221 Bye"

    async def handle_QUIT(self, server, session, envelope):
        return self.goodbye

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.drop:
            self.drop -= 1
            server.transport.close()
            return "421 later"
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=policy.default), session.authenticated))
        return "250 OK"


class AnyPort(Controller):
    """Its `start` connects once; the port is known only by then."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def start(**options):
    inbox = Inbox()
    controller = AnyPort(inbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    inbox.port = controller.port
    return inbox, controller


@pytest.fixture
def inbox():
    made, controller = start()
    yield made
    controller.stop()


@pytest.fixture(autouse=True)
def clean(runner, monkeypatch):
    for name in ("AIRFLOW_CONN_SMTP_DEFAULT", "AIRFLOW__SMTP__SMTP_HOST"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def settings(inbox, monkeypatch):
    for name, value in {"HOST": "127.0.0.1", "PORT": str(inbox.port), "STARTTLS": "False", "MAIL_FROM": "vortex@example.com"}.items():
        monkeypatch.setenv(f"AIRFLOW__SMTP__SMTP_{name}", value)
    return inbox


def connect(monkeypatch, port, extra, login=""):
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", '{"conn_type": "smtp", "host": "127.0.0.1", "port": %s, %s "extra": %s}' % (port, login, extra))


def test_a_mail_has_all_that_was_given(settings, tmp_path):
    (tmp_path / "zahlen.csv").write_bytes(b"a;b\n")
    mail.send_email(
        "a@x.org; b@x.org", "Grüße", "<b>ü</b>", files=[str(tmp_path / "zahlen.csv")], cc=["c@x.org"], bcc="d@x.org", custom_headers={"X-Why": "because"}
    )
    sender, receivers, found, _ = settings.mails[0]
    assert (sender, receivers) == ("vortex@example.com", ["a@x.org", "b@x.org", "c@x.org", "d@x.org"])
    assert (found["Subject"], found["To"], found["Cc"], found["Bcc"]) == ("Grüße", "a@x.org, b@x.org", "c@x.org", None)
    assert (found["From"], found["X-Why"], found.get_content_type()) == ("vortex@example.com", "because", "multipart/mixed")
    text, attachment = found.get_payload()
    assert (text.get_content_type(), text.get_content().strip()) == ("text/html", "<b>ü</b>")
    assert (attachment.get_filename(), attachment.get_content()) == ("zahlen.csv", b"a;b\n")


def test_dryrun_sends_nothing(settings):
    mail.send_email("a@x.org", "s", "h", dryrun=True)
    assert settings.mails == []


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ({"to": "a@x.org", "subject": "a\nBcc: evil@x.org"}, mail.MailError, "header Subject"),
        ({"to": ""}, mail.MailError, "`to` is empty"),
        ({"to": 5}, TypeError, "Addresses of a mail are texts"),
        ({"to": ["a@x.org", 5]}, TypeError, "Addresses of a mail are texts"),
        ({"to": "a@x.org", "files": ["/no/such/file"]}, mail.MailError, "'/no/such/file' cannot be attached: No such file"),
        ({"to": "nobody@x.org"}, mail.MailError, "The mail to nobody@x.org was not sent by 127.0.0.1:.*no such user"),
        ({"to": "a@x.org", "conn_id": "unknown"}, mail.MailError, "`unknown` isn't defined"),
    ],
)
def test_what_is_no_mail(settings, arguments, error, words):
    with pytest.raises(error, match=words):
        mail.send_email(**{"subject": "s", "html_content": "h", **arguments})
    assert settings.mails == []


def test_a_broken_connection_is_tried_again(settings, monkeypatch):
    settings.drop = 2
    mail.send_email("a@x.org", "s", "h")
    assert len(settings.mails) == 1
    monkeypatch.setenv("AIRFLOW__SMTP__SMTP_RETRY_LIMIT", "1")
    settings.drop = 2
    with pytest.raises(mail.MailError, match="SMTPServerDisconnected"):
        mail.send_email("a@x.org", "s", "h")


def test_an_odd_answer_to_the_goodbye_changes_nothing(settings):
    settings.goodbye = "451 odd"
    mail.send_email("a@x.org", "s", "h")
    assert len(settings.mails) == 1


def test_nobody_listens(monkeypatch, settings):
    monkeypatch.setenv("AIRFLOW__SMTP__SMTP_PORT", "1")
    with pytest.raises(mail.MailError, match="127.0.0.1:1: ConnectionRefusedError"):
        mail.send_email("a@x.org", "s", "h")


def test_a_server_without_tls_says_how_to_do_without(settings, monkeypatch):
    monkeypatch.setenv("AIRFLOW__SMTP__SMTP_STARTTLS", "True")
    with pytest.raises(mail.MailError, match="AIRFLOW__SMTP__SMTP_STARTTLS=False"):
        mail.send_email("a@x.org", "s", "h")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", folder / "key", "-out", folder / "cert", *names]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert", folder / "key")
    return folder / "cert", context


def accept(_server, _session, _envelope, _mechanism, data):
    return AuthResult(success=(data.login, data.password) == (USER, PASSWORD), handled=False)


@pytest.mark.parametrize("is_ssl", [False, True])
def test_a_connection_with_tls_and_a_login(certificate, monkeypatch, is_ssl):
    path, context = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    tls = {"ssl_context": context} if is_ssl else {"tls_context": context, "require_starttls": True}
    inbox, controller = start(authenticator=accept, auth_required=True, auth_require_tls=not is_ssl, **tls)
    try:
        login = '"login": "me", "password": "%s",'
        extra = '{"from_email": "me@x.org", "disable_ssl": %s}' % ("false" if is_ssl else "true")
        connect(monkeypatch, inbox.port, extra, login % "s3cret")
        mail.send_email("a@x.org", "s", "h")
        assert [(sender, signed_in) for sender, _, _, signed_in in inbox.mails] == [("me@x.org", True)]
        connect(monkeypatch, inbox.port, extra, login % "wrong!")
        with pytest.raises(mail.MailError, match="SMTPAuthenticationError") as caught:
            mail.send_email("a@x.org", "s", "h")
        assert "wrong!" not in str(caught.value)
    finally:
        controller.stop()


def test_a_certificate_that_nobody_vouches_for(certificate, monkeypatch):
    inbox, controller = start(ssl_context=certificate[1])
    try:
        connect(monkeypatch, inbox.port, "{}")
        with pytest.raises(mail.MailError, match="CERTIFICATE_VERIFY_FAILED"):
            mail.send_email("a@x.org", "s", "h")
        connect(monkeypatch, inbox.port, '{"ssl_context": "none"}')
        mail.send_email("a@x.org", "s", "h")
        assert len(inbox.mails) == 1
    finally:
        controller.stop()


def test_who_signs_in_may_stand_in_the_connection(settings, monkeypatch):
    connect(monkeypatch, 1, "{}", '"login": "me", "password": "s3cret",')
    server = mail.mail_server()
    assert (server.port, server.user, server.password) == (settings.port, "me", "s3cret")
    assert "s3cret" not in repr(server)


# Operator, notifier, alerts


HEAD = """
    import datetime as dt
    from airflow import DAG
    from airflow.operators.email import EmailOperator
    from airflow.operators.python import PythonOperator
    from airflow.notifications.basenotifier import BaseNotifier
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier, send_smtp_notification

    def work():
        raise ValueError('could not reach postgres://u:hunter22@db <now>')

    with DAG('d', schedule='@daily', start_date=dt.datetime(2024, 1, 1)):
        TASK
    """


def file_of(task):
    return HEAD.replace("TASK", task)


def test_operator(runner, settings):
    (runner.folder / "letter.html").write_text("<p>{{ ds }}</p>")
    result = runner.load(file_of("EmailOperator(task_id='t', to='a@x.org', subject='Day {{ ds }}', html_content='letter.html')")).run()
    assert result["outcome"] == "success", result
    _, receivers, found, _ = settings.mails[0]
    assert (receivers, found["Subject"], found.get_payload()[0].get_content().strip()) == (["a@x.org"], "Day 2024-02-29", "<p>2024-02-29</p>")


def test_operator_with_templates_of_the_connection(runner, inbox, monkeypatch, tmp_path):
    for name in ("subject", "html"):
        (tmp_path / name).write_text(f"{name} of {{{{ ti.task_id }}}}\n")
    connect(monkeypatch, inbox.port, f'{{"disable_ssl": true, "disable_tls": true, "subject_template": "{tmp_path}/subject", "html_content_template": "{tmp_path}/html"}}')
    assert runner.load(file_of("EmailOperator(task_id='t', to='a@x.org')")).run()["outcome"] == "success"
    assert inbox.mails[0][2]["Subject"] == "subject of t"


@pytest.mark.parametrize(
    "task, words",
    [
        ("EmailOperator(task_id='t', to='a@x.org', subject='s', html_content='h')", "There is no mail server. Name one with AIRFLOW__SMTP__SMTP_HOST"),
        ("EmailOperator(task_id='t', to='a@x.org', subject='s', html_content='h', conn_id='gone')", "`gone` isn't defined"),
    ],
)
def test_operator_without_a_server(runner, task, words):
    result = runner.load(file_of(task)).run()
    assert (result["outcome"], words in result["reason"]) == ("failed", True), result


def test_operator_without_a_subject(runner, settings):
    result = runner.load(file_of("EmailOperator(task_id='t', to='a@x.org', html_content='h')")).run()
    assert "Give `subject`" in result["reason"]


@pytest.mark.parametrize(
    "arguments, job, subject",
    [
        ("email='a@x.org, b@x.org'", {}, "failed"),
        ("email=['a@x.org', 'b@x.org']", {"max_tries": 3}, "up_for_retry"),
        ("email=['a@x.org', 'b@x.org'], email_on_retry=False", {"max_tries": 3}, None),
        ("email=['a@x.org'], email_on_failure=False", {}, None),
        ("email=None", {}, None),
    ],
)
def test_alerts(runner, settings, arguments, job, subject):
    masking._early.append("hunter22")
    try:
        result = runner.load(file_of(f"PythonOperator(task_id='t', python_callable=work, {arguments})")).run(**job)
    finally:
        masking._early.clear()
    assert result["outcome"] == "failed"
    if subject is None:
        assert settings.mails == []
        return
    _, receivers, found, _ = settings.mails[0]
    assert receivers == ["a@x.org", "b@x.org"]
    assert found["Subject"].startswith("Airflow alert: <TaskInstance: d.t scheduled__2024-02-29") and f"[{subject}]" in found["Subject"]
    text = found.get_payload()[0].get_content()
    assert "ValueError: could not reach postgres://u:***@db &lt;now&gt;" in text and "hunter22" not in text
    assert f"{1} of {job.get('max_tries', 1)}" in text


def test_an_alert_without_a_server_is_a_line_in_the_log(runner, capsys):
    assert runner.load(file_of("PythonOperator(task_id='t', python_callable=work, email='a@x.org')")).run()["outcome"] == "failed"
    assert "No mail was sent to a@x.org: there is no mail server. Name one with" in capsys.readouterr().out


def test_an_alert_that_fails_changes_nothing(runner, settings, capsys):
    result = runner.load(file_of("PythonOperator(task_id='t', python_callable=work, email='nobody@x.org')")).run()
    assert (result["outcome"], result["reason_code"]) == ("failed", "exception")
    assert "The mail of this failure was not sent: The mail to nobody@x.org" in capsys.readouterr().out


def test_a_plain_command_with_an_alert_runs_in_python():
    from vortex import DAG, BashOperator
    from vortex.serialization import serialize_dag

    with DAG("d", schedule=None) as dag:
        BashOperator(task_id="plain", bash_command="x")
        BashOperator(task_id="mail", bash_command="x", email="a@x.org")
        BashOperator(task_id="quiet", bash_command="x", email="a@x.org", email_on_failure=False, email_on_retry=False)
    kinds = {task["task_id"]: task["kind"] for task in serialize_dag(dag, file="d.py")["tasks"]}
    assert kinds == {"plain": "bash", "mail": "python", "quiet": "bash"}


def test_smtp_notifier(runner, settings):
    notifiers = "[SmtpNotifier(to='a@x.org', subject='{{ ti.task_id }} broke'), send_smtp_notification(to='b@x.org', from_email='c@x.org')]"
    runner.load(file_of(f"PythonOperator(task_id='t', python_callable=work, on_failure_callback={notifiers})")).run()
    first, second = [(sender, found["Subject"]) for sender, _, found, _ in settings.mails]
    assert first == ("vortex@example.com", "t broke")
    assert second[0] == "c@x.org" and second[1].endswith("in State failed")


NOTIFIER = """class Mine(BaseNotifier):
            template_fields = ('message',)
            def __init__(self, message):
                super().__init__()
                self.message = message
            def notify(self, context):
                print('told', self.message, context['message'], context['ti'].state)
        mine = Mine(message='{{ ti.state }} at {{ ds }}')
        PythonOperator(task_id='t', python_callable=lambda: 1, on_execute_callback=mine, on_success_callback=mine)"""


def test_a_notifier_is_rendered_for_each_event(runner, capsys):
    runner.load(file_of(NOTIFIER)).run()
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("told")]
    assert told == [f"told {state} at 2024-02-29 {{{{ ti.state }}}} at {{{{ ds }}}} {state}" for state in ("running", "success")]


def test_a_notifier_without_notify_is_printed(runner, capsys):
    runner.load(file_of("PythonOperator(task_id='t', python_callable=lambda: 1, on_success_callback=BaseNotifier())")).run()
    assert "BaseNotifier has no notify" in capsys.readouterr().out


def test_smtp_hook(settings):
    from vortex.hooks.smtp import SmtpHook

    with SmtpHook() as hook:
        hook.send_email_smtp(to="a@x.org", subject="s", html_content="h", from_email="b@x.org")
    assert settings.mails[0][0] == "b@x.org" and SmtpHook().from_email == "vortex@example.com"
    with pytest.raises(mail.MailError, match="isn't defined"):
        SmtpHook("gone").get_conn()
