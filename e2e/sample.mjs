// The sample app as a child process.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BINARY = process.env.SAMPLE_UI ?? fileURLToPath(new URL('../target/debug/sample-ui', import.meta.url));

/**
 * Starts the sample app with everything embedded and waits until it says where it is.
 *
 * @param {string[]} args more arguments
 * @param {Record<string, string>} env more environment
 */
export async function startSample(args = ['--port', '0'], env = {}) {
  const child = spawn(BINARY, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = [];
  child.stderr.setEncoding('utf8').on('data', (text) => log.push(text));
  const exited = once(child, 'exit');

  const welcome = [];
  const url = await Promise.race([
    (async () => {
      for await (const line of createInterface({ input: child.stdout })) {
        welcome.push(line);
        if (line.includes('Ctrl-C')) return found(welcome, 'Open');
      }
      throw new Error(`the sample app closed its output:\n${welcome.join('\n')}\n${log.join('')}`);
    })(),
    exited.then(([code]) => Promise.reject(new Error(`the sample app exited with ${code}:\n${log.join('')}`))),
  ]);
  child.stdout.resume();

  return {
    url,
    appUrl: found(welcome, 'App'),
    keysUrl: found(welcome, 'Public keys'),
    log: () => log.join(''),
    /** Asks it to stop, as Kubernetes would, and waits until it has. */
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
  };
}

function found(welcome, label) {
  const line = welcome.find((line) => line.trim().startsWith(label));
  const url = line?.match(/https?:\/\/[^\s{]+/)?.[0];
  if (!url) throw new Error(`no line "${label} http://…" in:\n${welcome.join('\n')}`);
  return url.replace(/\/$/, '');
}
