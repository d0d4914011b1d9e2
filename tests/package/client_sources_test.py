#!/usr/bin/env python3
"""Consumers of the client that compile it themselves: by add_subdirectory and by FetchContent."""
import pathlib
import tempfile

from package_support import CMAKE, HERE, SOURCES, asks, configure, official_server, run


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary, official_server() as url:
        work = pathlib.Path(temporary)
        for how, where in (("client_subdirectory", "socketio_folder"),
                           ("client_fetch_content", "FETCHCONTENT_SOURCE_DIR_SOCKETIO")):
            configure(HERE / how, work / how, f"-D{where}={SOURCES}")
            run(CMAKE, "--build", work / how, "--target", "consumer", timeout=400)
            asks(work / how / "consumer", url)


if __name__ == "__main__":
    main()
