"""Kubernetes: the core kinds by their schemas, KEDA's by one of ours; each container's command runs."""

import http.client
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.command import Finished, here
from tests.support.endpoint import Endpoint
from tests.support.machine import free_port
from tests.support.wait import wait_until
from tests.support.worker import worker
from tests.targets.looping import first_round
from tests.targets.proof import PLAIN, Place, Proof
from tests.targets.tools import judge, run, tool

SCHEMA = Path(__file__).with_name("keda.schema.json")
URL = "postgresql://w:p%40ss=#'\"$HOME@db/postgres?sslmode=require"
FILES = {"/run/bunkd/credential": "credential", "/tmp/failed": "failed"}
KUBECTL = """\
kubectl() {{ printf '%s\\n' "$@" >{folder}/arguments; cat >{folder}/input; }}
{step}
"""


def objects(file: Path) -> list[Any]:
    return list(YAML(typ="safe").load_all(file))


def expanded(text: str) -> str:
    """What Kubernetes makes of a text in which nothing may be a variable."""
    assert "$" not in text.replace("$$", "")
    return text.replace("$$", "$")


def piped(file: Path, secret: str, folder: Path, answers: str) -> str:
    """Run the step that makes a Secret; return what kubectl reads."""
    steps = re.findall(r"^#   (.*read -r .*)$", file.read_text(), re.MULTILINE)
    [step] = [step for step in steps if f"secret generic {secret} " in step]
    done = run(tool("sh"), "-c", KUBECTL.format(folder=folder, step=step), stdin=answers)
    assert done.code == 0, done.all
    arguments = (folder / "arguments").read_text()
    for answer in answers.splitlines():
        assert answer not in done.all + arguments
    assert arguments.splitlines()[:4] == ["create", "secret", "generic", secret]
    return (folder / "input").read_text()


class OnKubernetes(Proof):
    target = "kubernetes"

    def judge(self, place: Place) -> Finished:
        """Each object by itself, as both tools want them."""
        done = Finished(0, "", "")
        for file in sorted(place.folder.glob("*.yaml")):
            for number, text in enumerate(re.split(r"^---$", file.read_text(), flags=re.MULTILINE)):
                alone = place.folder.parent / f"{file.stem}-{number}.yaml"
                alone.write_text(text)
                keda = "apiVersion: keda.sh/" in text
                done = (
                    judge("check-jsonschema", "--schemafile", SCHEMA, alone)
                    if keda
                    else judge("kubernetes-validate", "--strict", "-k", "1.34", alone)
                )
                if done.code:
                    return done
        return done

    def pod(self, place: Place) -> Any:
        """The template of the calling object's pods."""
        [known] = objects(place.folder / "bunkd-call.yaml")
        return self.template(known["spec"])

    def template(self, spec: Any) -> Any:
        return spec["template"]["spec"]

    def container(self, place: Place) -> Any:
        [container] = self.pod(place)["containers"]
        return container

    def here(self, place: Place, word: str) -> str:
        """A word of the container's, with its files where they are on this machine."""
        text = expanded(word)
        for path, name in FILES.items():
            text = text.replace(path, str(place.folder.parent / name))
        return text

    def stored(self, place: Place) -> None:
        """The Secret's file, as the step makes it."""
        line = piped(
            place.folder / "bunkd-call.yaml",
            "bunkd-call",
            place.folder.parent,
            place.credential + "\n",
        )
        (place.folder.parent / "credential").write_text(line)

    def test_the_secret_is_where_the_command_looks(self, place: Place) -> None:
        pod = self.pod(place)
        [secret] = [volume for volume in pod["volumes"] if volume["name"] == "credential"]
        mounts = {mount["name"]: mount for mount in self.container(place)["volumeMounts"]}
        assert secret["secret"] == {"secretName": "bunkd-call", "defaultMode": 0o440}
        assert mounts["credential"]["mountPath"] == "/run/bunkd"
        assert "fsGroup" in pod["securityContext"], "or the Secret is root's alone"

    def test_it_has_no_rights(self, place: Place) -> None:
        pod = self.pod(place)
        security = self.container(place)["securityContext"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}


class TestCronJob(OnKubernetes):
    every = "1m"
    mutation = ("bunkd-call.yaml", "concurrencyPolicy:", "concurencyPolicy:")

    def template(self, spec: Any) -> Any:
        return spec["jobTemplate"]["spec"]["template"]["spec"]

    def call(self, place: Place) -> Finished:
        """The container's command, which no shell reads."""
        self.stored(place)
        program, *words = self.container(place)["command"]
        return run(tool(program), *(self.here(place, word) for word in words))

    def test_no_run_overlaps_another_or_hangs(self, place: Place) -> None:
        [known] = objects(place.folder / "bunkd-call.yaml")
        spec, job = known["spec"], known["spec"]["jobTemplate"]["spec"]
        assert (spec["schedule"], spec["timeZone"]) == ("* * * * *", "Etc/UTC")
        assert spec["concurrencyPolicy"] == "Forbid"
        assert spec["startingDeadlineSeconds"] >= 10, "the controller looks every 10 s"
        assert job["backoffLimit"] == 0
        assert job["activeDeadlineSeconds"] > 35
        assert self.pod(place)["restartPolicy"] == "Never"


class TestLoop(OnKubernetes):
    every = "30s"
    mutation = ("bunkd-call.yaml", "readinessProbe:", "readynessProbe:")

    def judge(self, place: Place) -> Finished:
        done = super().judge(place)
        if done.code:
            return done
        script = place.folder.parent / "loop.sh"
        [text] = self.container(place)["args"]
        script.write_text(expanded(text))
        return judge("shellcheck", "--severity", "warning", "--shell", "sh", script)

    def call(self, place: Place) -> Finished:
        """One round of the loop, then what the readiness probe says."""
        self.stored(place)
        container = self.container(place)
        assert container["command"] == ["/bin/sh", "-c"]
        [script] = container["args"]
        folder = place.folder.parent
        done = first_round([tool("sh"), "-c", self.here(place, script)], folder)
        probe = container["readinessProbe"]["exec"]["command"]
        ready = run(*(self.here(place, word) for word in probe))
        assert bool(done.err) == bool(ready.code), "a failure is in the log, a success is not"
        return Finished(ready.code, done.out, done.err)

    def test_one_calls(self, place: Place) -> None:
        [known] = objects(place.folder / "bunkd-call.yaml")
        assert known["kind"] == "Deployment"
        assert known["spec"]["replicas"] == 1
        assert known["spec"]["strategy"] == {"type": "Recreate"}

    def test_the_shell_is_not_pid_1(self, place: Place) -> None:
        """It would not end at SIGTERM, and its successor would wait for half a minute."""
        assert self.pod(place)["shareProcessNamespace"] is True


class TestWorker(OnKubernetes):
    every = "30s"
    mutation = ("worker.yaml", "scaleTargetRef:", "scaleTarget:")

    def pod(self, place: Place) -> Any:
        return objects(place.folder / "worker.yaml")[0]["spec"]["template"]["spec"]

    def env(self, place: Place) -> dict[str, str]:
        """What the container's environment says, without the Secret."""
        return {entry["name"]: expanded(entry["value"]) for entry in self.container(place)["env"]}

    def call(self, place: Place) -> Finished:
        """The first call of the process, and what it says of its health then: without a database."""
        assert self.container(place)["command"] == ["bunkd-db", "worker"]
        env, port = self.env(place), free_port()
        assert env.pop("PORT") == "8080"
        with worker(credential=place.credential, PORT=str(port), **env) as one:
            [call] = wait_until(lambda: one.events("call") + one.events("call failed"))
            status = self.health(place, port)
            one.terminate()
            ended = one.ends()
            assert (status, ended) == (200, 0), one.log
            return Finished(int(call["event"] == "call failed"), "", one.log)

    def health(self, place: Place, port: int) -> int:
        container = self.container(place)
        assert container["livenessProbe"]["httpGet"] == {"path": "/live", "port": "health"}
        assert container["readinessProbe"]["httpGet"] == {"path": "/", "port": "health"}
        assert container["ports"] == [{"name": "health", "containerPort": 8080}]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/")
        return connection.getresponse().status

    def test_the_secret_is_where_the_command_looks(self, place: Place) -> None:
        file, folder = place.folder / "worker.yaml", place.folder.parent
        assert self.container(place)["envFrom"] == [{"secretRef": {"name": "bunkd-worker"}}]
        made = piped(file, "bunkd-worker", folder, f"{place.credential}\n{URL}\n")
        assert made == f"BUNKD_CREDENTIAL={place.credential}\nDATABASE_URL={URL}\n"
        assert "--from-env-file=/dev/stdin" in (folder / "arguments").read_text()

    def test_keda_asks_with_a_secret_of_its_own(self, place: Place, tmp_path: Path) -> None:
        file = place.folder / "worker.yaml"
        _, authentication, scaled = objects(file)
        [reference] = authentication["spec"]["secretTargetRef"]
        [trigger] = scaled["spec"]["triggers"]
        assert trigger["authenticationRef"] == {"name": authentication["metadata"]["name"]}
        assert piped(file, reference["name"], tmp_path, URL + "\n") == URL
        assert f"--from-file={reference['key']}=/dev/stdin" in (tmp_path / "arguments").read_text()

    def test_keda_scales_the_worker(self, place: Place) -> None:
        deployment, _, scaled = objects(place.folder / "worker.yaml")
        assert scaled["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
        assert "replicas" not in deployment["spec"], "each apply would undo what KEDA did"
        assert scaled["spec"]["minReplicaCount"] == 1

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('targetQueryValue: "100"', "targetQueryValue: 100"),
            ("parameter: connection", "param: connection"),
            ("minReplicaCount", "minReplicas"),
            ("livenessProbe", "livelinessProbe"),
        ],
    )
    def test_others_are_rejected_too(self, place: Place, old: str, new: str) -> None:
        file = place.folder / "worker.yaml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
        assert self.judge(place).code != 0

    def test_it_has_the_time_to_finish_its_calls(self, function: Endpoint, tmp_path: Path) -> None:
        place = self.make(function, tmp_path, {"BUNKD_CALL_TIMEOUT": "90s"})
        assert self.pod(place)["terminationGracePeriodSeconds"] == 100

    def test_the_query_has_the_settings_words(self, function: Endpoint, tmp_path: Path) -> None:
        words = {
            "BUNKD_QUEUE_TABLE": 'Jobs."My $(Queue)"',
            "BUNKD_STATUS_COLUMN": 'st"ate',
            "BUNKD_STATUS_WAITING": "it's,new",
            "BUNKD_QUEUE_WHERE": "attempts < 3",
        }
        place = self.make(function, tmp_path, {**PLAIN, **words})
        trigger = objects(place.folder / "worker.yaml")[2]["spec"]["triggers"][0]
        assert trigger["metadata"]["query"] == (
            'select count(*) from (select from "jobs"."My $(Queue)"'
            """ where "st""ate" in ('it''s', 'new') and (attempts < 3) limit 500) as q"""
        )

    def test_the_query_counts_no_further_than_the_last_replica(
        self, function: Endpoint, tmp_path: Path
    ) -> None:
        place = self.make(function, tmp_path, PLAIN)
        spec = objects(place.folder / "worker.yaml")[2]["spec"]
        metadata = spec["triggers"][0]["metadata"]
        enough = spec["maxReplicaCount"] * int(metadata["targetQueryValue"])
        assert metadata["query"].endswith(f" limit {enough}) as q")

    def test_a_condition_that_yaml_might_change_is_refused(self) -> None:
        env = {"BUNKD_CALL_URL": "https://f.example/x", "BUNKD_QUEUE_WHERE": "note <> '😀'"}
        done = here("external", "generate", "kubernetes", **env)
        assert done.code != 0
        assert "BUNKD_QUEUE_WHERE" in done.err


def test_what_the_worker_keeps_secret_is_in_no_file() -> None:
    """Nor is the database's URL."""
    env = {
        "BUNKD_CALL_URL": "https://f.example/x",
        "DATABASE_URL": URL,
        "BUNKD_CREDENTIAL": "s3cret",
    }
    done = here("external", "generate", "kubernetes", **env)
    assert done.code == 0, done.all
    assert "s3cret" not in done.all
    assert "p%40ss" not in done.all
