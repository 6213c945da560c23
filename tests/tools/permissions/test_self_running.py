"""Mode ``edit`` asks before it writes what runs although nobody decides to run it."""

import ast
from pathlib import Path

import pytest

from tests.tools.permissions.judging import book
from tools.calls import Risk, ToolCall
from tools.permissions.book import Permissions
from tools.permissions.self_running import listed, runs_when
from tools.permissions.settings import PermissionSettings
from tools.permissions.words import names

ASKED = sorted(
    names("""
.envrc sub/.envrc .env .direnv/bin/x .vscode/tasks.json .vscode/settings.json .vscode/launch.json
a/.vscode/x.json .idea/workspace.xml x.code-workspace .devcontainer/devcontainer.json devcontainer.json
.exrc .nvim.lua .dir-locals.el .venv/bin/python .venv/bin/activate venv/lib/site-packages/x.py
.tox/py/bin/x lib/site-packages/x.pth x.pth sitecustomize.py src/usercustomize.py conftest.py
tests/conftest.py setup.py setup.cfg pyproject.toml tox.ini noxfile.py package.json web/package.json
.npmrc .yarnrc .yarnrc.yml .yarn/releases/x.cjs .pnpmfile.cjs node_modules/.bin/eslint vite.config.ts
jest.config.js .eslintrc.cjs gulpfile.js Makefile makefile GNUmakefile sub/Makefile rules.mk Makefile.am
justfile .justfile Justfile Taskfile.yml Taskfile.dist.yaml Rakefile CMakeLists.txt x.cmake meson.build
build.gradle build.gradle.kts settings.gradle gradlew gradle/wrapper/gradle-wrapper.properties pom.xml
.mvn/jvm.config Cargo.toml .cargo/config.toml build.rs crate/build.rs rust-toolchain.toml Dockerfile
Dockerfile.dev docker-compose.yml compose.yaml flake.nix shell.nix .githooks/pre-commit .husky/pre-commit
.pre-commit-config.yaml lefthook.yml .gitattributes .gitmodules .github/workflows/ci.yml
.github/actions/x/action.yml .gitlab-ci.yml .circleci/config.yml Jenkinsfile azure-pipelines.yml
.travis.yml .bashrc .bash_profile .profile .zshrc .tool-versions mise.toml .mise.toml .gdbinit .gitconfig
AGENTS.md docs/AGENTS.md CLAUDE.md .cursorrules .cursor/rules/x.mdc .mcp.json .claude/settings.json
GEMINI.md BUILD.bazel WORKSPACE .bazelrc SConstruct x.gemspec Gemfile composer.json x.csproj
Directory.Build.props mix.exs .Rprofile x.desktop x.service json.py os.py subprocess/__init__.py
.ssh/authorized_keys .local/bin/ls
.hg/hgrc .jj/repo/config.toml .bsp/sbt.json hie.yaml .ocamlinit .octaverc BSDmakefile .mise.local.toml
.config/mise/config.toml .shadowenv.d/x.lisp devenv.nix pixi.toml .idx/dev.nix .vs/tasks.vs.json
.run/x.run.xml
.lazy.lua App.xcodeproj/project.pbxproj .luacheckrc .rubocop.yml .cirrus.yml .builds/x.yml .openhands/setup.sh
buildSrc/src/main/java/X.java versions.gradle project/Build.scala .sbtopts .jvmopts config.nims cabal.project
pip.py pytest.py pytest/__init__.py pytest/__main__.py build.py IPython.py numpy/__init__.py
tasks.py sub/tasks.py tasks/__init__.py main.tf infra/main.tf variables.tfvars x.tf.json
terragrunt.hcl Pulumi.yaml serverless.yml cdk.json Procfile.dev locustfile.py pavement.py
versioneer.py gunicorn.conf.py celeryconfig.py .flaskenv docs/conf.py mkdocs.yml alembic/env.py
.pythonrc.py project.clj deps.edn x.nimble cpanfile Makefile.PL build.ninja docker-bake.hcl
startup.m pubspec.yaml
karma.conf.ts .nycrc .storybook/main.js .config/fish/conf.d/x.fish .config/git/config
.luarc.json .tmuxinator.yml .tmuxp.yaml hooks/pre-commit tools/hooks/post-checkout hooks/p4-changelist
.proverc
.ropeproject/config.py .config/nvim/init.lua .nvim/init.lua .config/direnv/direnvrc .gdbearlyinit .byebugrc
.lessfilter
phpunit.xml phpstan.neon .iex.exs config/runtime.exs renv/activate.R .eleventy.js ember-cli-build.js
gatsby-node.js
.ncurc.js .sequelizerc knexfile.js webpackfile.js documentation/conf.py docs/en/conf.py magefiles/build.go
.actrc
.bumpversion.toml debian/rules PKGBUILD tools/bazel bin/setup spec/spec_helper.rb .python-version
pyrightconfig.json
.clangd .golangci.yml .sqlfluff toml.py iniconfig.py werkzeug.py ipdb.py pudb.py tqdm.py boto3.py awscli.py
lib/app-gdb.py phpunit.xml.dist .lintr matplotlibrc hooks/pre_gen_project.py .mongorc.js user.clj
conf/default.do
fixtures/repo.git/config modules/sub/HEAD .config/systemd/user/x.conf markupsafe.py tornado/__init__.py
""")
)

LOOK_ALIKES = [
    "MAKEFILE",
    "PACKAGE.JSON",
    ".EnvRC",
    "Makefile.",
    "Make\u200bfile",
    ".VSCODE/tasks.json",
    "ｓｅｔｕｐ.py",
]

WRITTEN = sorted(
    names("""
src/app.py README.md docs/index.md tests/test_app.py src/json.py src/os/__init__.py a/package.jsonx
notes.txt build/output.txt src/makefiles.py environments.md vscode/tasks.json idea/x.xml my.envrc.md
src/setup_tools.py configure.md githook.md src/build.rsx app/models.py src/conf.py tests/conf_test.py
Dockerfiles/readme.md src/index.ts src/components/config.js.map package-lock.json.bak styles.css data.csv
src/cargo.rs main.go src/lib.rs app/pytest.py src/pip.py src/numpy/__init__.py lib/tasks.rs tasks.md
numpy pip docs/requirements.md src/env.py terraform.md
config app/config data/HEAD src/refs/a.py objects/rock.obj info/readme.txt src/hooks/useUpdate.ts
modules/vpc/outputs.md
bin/tool lib/config/settings.py analysis.do
""")
)


def verdict(path: str, *allow: str, mode: str = "edit", tool: str = "write_file") -> str:
    call = ToolCall("1", tool, {"path": path, "content": ""})
    return book(allow, mode=mode).judge(call, Risk.WRITE).verdict  # type: ignore[arg-type]


@pytest.mark.parametrize("path", [*ASKED, *LOOK_ALIKES])
def test_C02_files_that_run_by_themselves_are_asked_in_edit_mode(path: str) -> None:
    assert verdict(path) == "ask"
    assert verdict(path, tool="edit_file") == "ask"


@pytest.mark.parametrize("path", WRITTEN)
def test_ordinary_files_pass_in_edit_mode(path: str) -> None:
    assert verdict(path) == "allow"


def test_the_reason_says_when_it_runs() -> None:
    call = ToolCall("1", "write_file", {"path": "Makefile", "content": ""})
    [reason] = book(mode="edit").judge(call, Risk.WRITE).reasons

    assert reason.startswith(
        "Makefile runs when you build, or type an ordinary command such as make: asked also"
    )


def test_a_rule_that_names_the_file_lets_it_pass() -> None:
    assert verdict("Makefile", "write_file(Makefile)") == "allow"
    assert verdict("justfile", "write_file(Makefile)") == "ask"


def test_mode_auto_asks_about_none_and_mode_ask_about_all() -> None:
    assert (verdict("Makefile", mode="auto"), verdict("notes.txt", mode="ask")) == ("allow", "ask")


class TestWhatTheWorkspaceNames:
    def permissions(self, workspace: Path) -> Permissions:
        return Permissions("edit", PermissionSettings(), workspace)

    def verdict(self, workspace: Path, path: str) -> str:
        call = ToolCall("1", "write_file", {"path": path, "content": ""})
        return self.permissions(workspace).judge(call, Risk.WRITE).verdict

    def test_a_virtual_environment_under_any_name(self, tmp_path: Path) -> None:
        (tmp_path / "tools" / "mine").mkdir(parents=True)
        (tmp_path / "tools" / "mine" / "pyvenv.cfg").write_text("")

        assert self.verdict(tmp_path, "tools/mine/bin/rg") == "ask"
        assert self.verdict(tmp_path, "tools/other/rg") == "allow"

    @pytest.mark.parametrize("line", ["hooksPath = scripts/hooks", 'HOOKSPATH="scripts/hooks"'])
    def test_the_folder_of_hooks(self, tmp_path: Path, line: str) -> None:
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "config").write_text(f"[core]\n\tbare = false\n\t{line}\n")

        assert self.verdict(tmp_path, "scripts/hooks/pre-commit") == "ask"
        assert self.verdict(tmp_path, "scripts/run") == "allow"

    def test_a_link_to_such_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").symlink_to("Makefile")

        assert self.verdict(tmp_path, "notes.txt") == "ask"

    @pytest.mark.parametrize("neighbour", ["index.rst", "_templates/x.html"])
    def test_settings_of_sphinx_in_any_folder(self, tmp_path: Path, neighbour: str) -> None:
        file = tmp_path / "manual" / neighbour
        file.parent.mkdir(parents=True)
        file.write_text("")

        assert self.verdict(tmp_path, "manual/conf.py") == "ask"
        assert self.verdict(tmp_path, "app/conf.py") == "allow"

    @pytest.mark.parametrize("folder", ["x", "", "data/store"])
    @pytest.mark.parametrize(
        "pieces",
        [
            ["HEAD", "config", "objects/k", "refs/k"],
            ["refs/heads/main", "objects/k", "config", "head"],
            ["config", "HEAD", "commondir"],
        ],
    )
    def test_no_git_directory_is_made_unasked(self, tmp_path: Path, folder: str, pieces: list[str]) -> None:
        """Its ``config`` names programs that ``git status`` runs: the piece that completes it is asked."""
        for piece in pieces[:-1]:
            file = tmp_path / folder / piece
            assert self.verdict(tmp_path, str(file.relative_to(tmp_path))) == "allow"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("")

        assert self.verdict(tmp_path, str(Path(folder, pieces[-1]))) == "ask"

    @pytest.mark.parametrize("piece", ["config", "HEAD", "hooks/x", "objects/k", "refs/k", "info/attributes"])
    def test_a_git_directory_under_any_name(self, tmp_path: Path, piece: str) -> None:
        for part in ("objects", "refs"):
            (tmp_path / "fixture" / part).mkdir(parents=True)
        (tmp_path / "fixture" / "HEAD").symlink_to("refs/heads/main")

        assert self.verdict(tmp_path, f"fixture/{piece}") == "ask"
        assert self.verdict(tmp_path, "config") == "allow"
        assert self.verdict(tmp_path, "fixture/notes.txt") == "allow"


def test_modules_that_this_program_imports_are_listed() -> None:
    """A file of the same name at the top of the workspace would be taken in their place."""
    root = Path(__file__).resolve().parents[3]
    imported = set()
    for package in ("assistant", "training", "tools", "sandbox"):
        for file in (root / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    imported |= {each.name.split(".")[0] for each in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    imported.add((node.module or "").split(".")[0])
    others = imported - {"assistant", "training", "tools", "sandbox"}
    missing = [name for name in others if not runs_when(f"{name}.py", Path("/nonexistent"))]
    assert not missing, "name them in [modules] of self_running.toml"


def test_every_group_says_when_and_names_files() -> None:
    for when, files in listed().values():
        assert when.startswith(("when ", "where "))
        for name in files:
            path = name.replace("*", "x") + ("x" if name.endswith("/") else "")
            assert runs_when(path, Path("/nonexistent")), name


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ("tools/check", "tools/check/pre-commit"),
        ("./a/../tools/check", "tools/check/pre-commit"),
        (".", "pre-commit"),
    ],
)
@pytest.mark.parametrize("worktree", [False, True])
def test_the_folder_of_hooks_is_found_however_it_is_named(
    tmp_path: Path, setting: str, path: str, worktree: bool
) -> None:
    workspace, shared = tmp_path / "work", tmp_path / "main" / ".git"
    workspace.mkdir()
    own = shared / "worktrees" / "work" if worktree else workspace / ".git"
    own.mkdir(parents=True)
    if worktree:
        (workspace / ".git").write_text(f"gitdir: {own}\n")
        (own / "commondir").write_text("../..\n")
    ((shared if worktree else own) / "config").write_text(f"[core]\n\thooksPath = {setting}\n")
    assert runs_when(path, workspace)
    assert not runs_when("src/pre-commit", workspace)
