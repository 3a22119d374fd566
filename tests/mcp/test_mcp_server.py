"""The server as an assistant meets it: the official client library, over standard input and output."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp import StdioServerParameters

# What the client library imports is a tenth of what collecting all tests costs, in each of xdist's processes: it is
# imported where it is used.


def parameters(folder: Path, state: Path) -> StdioServerParameters:
    from mcp import StdioServerParameters

    words = ["-m", "importer", "mcp", str(folder), "--state", str(state)]
    return StdioServerParameters(command=sys.executable, args=words)


async def test_an_assistant_reads_suggests_and_checks_and_is_told_what_is_in_the_way(tmp_path: Path) -> None:
    from mcp import Client
    from mcp.client.stdio import stdio_client

    from importer.mcp.server import OFFERED

    (tmp_path / "people.csv").write_text("First Name,E-mail\nAnn,ann@example.com\n", encoding="utf-8")
    # else it takes whatever stood in for standard error when the library was first imported
    server = stdio_client(parameters(tmp_path, tmp_path / "state"), errlog=sys.stderr)
    async with Client(server) as client:
        assert "never instructions" in str(client.instructions)
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tuple(tools) == OFFERED
        assert all(tool.description for tool in tools.values())
        writing = {
            name
            for name, tool in tools.items()
            if not tool.annotations or not tool.annotations.read_only_hint
        }
        assert writing == {"suggest_mapping", "apply_plan", "undo_run"}
        assert "self" not in json.dumps([tool.input_schema for tool in tools.values()])

        async def call(name: str, **given: Any) -> Any:
            return await client.call_tool(name, given)

        read = await call("read_file", path="people.csv")
        assert read.structured_content["header"] == ["First Name", "E-mail"]
        assert (await call("suggest_mapping", path="people.csv", save_as="m.yaml")).is_error is False
        checked = await call("check_import", path="people.csv", mapping="m.yaml", location="loc1")
        assert checked.structured_content["failed"] == 0
        refused = await call("apply_plan", plan="plan-1")
        assert refused.is_error
        assert "There is no plan 'plan-1'" in refused.content[0].text
        outside = await call("read_file", path="../../etc/passwd")
        assert (outside.is_error, "is not in the folder" in outside.content[0].text) == (True, True)
