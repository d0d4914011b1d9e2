// Starts the chat's server under test: the executable in SOCKETIO_CHAT_SERVER, or the Node.js reference. Both take
// `--port`, print a line with their address and stop on SIGTERM; that they do is part of what is tested.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const reference = fileURLToPath(new URL("../reference_chat_server.mjs", import.meta.url));
const startMs = 20_000;
const stopMs = 10_000;

export function startChatServer({ port = 0 } = {}) {
  const executable = process.env.SOCKETIO_CHAT_SERVER;
  const [command, args] = executable ? [executable, []] : [process.execPath, [reference]];
  return startServer(command, [...args, "--port", String(port)]);
}

export async function startServer(command, args, environment = {}) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
  const exited = once(child, "exit");
  let output = "";
  child.stderr.on("data", (bytes) => (output += bytes));
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail("printed no address"), startMs);
    const fail = (what) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new Error(`the server ${command} ${what}\n${output}`));
    };
    child.on("error", (error) => fail(`did not start: ${error.message}`));
    child.on("exit", (code, signal) => fail(`ended at once (${signal ?? code})`));
    child.stdout.on("data", (bytes) => {
      output += bytes;
      const address = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(output);
      if (!address) return;
      clearTimeout(timer);
      resolve(address[0]);
    });
  });

  return {
    url,
    port: Number(new URL(url).port),
    // Ends it the way a person or a service manager does; it has to go cleanly.
    async stop(signal = "SIGTERM") {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server had ended\n${output}`);
      child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), stopMs);
      const [code, killedBy] = await exited;
      clearTimeout(timer);
      if (code !== 0) throw new Error(`the server did not stop cleanly (${killedBy ?? code})\n${output}`);
    },
  };
}
