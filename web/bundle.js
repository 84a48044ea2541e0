/**
 * The build of the page: `node bundle.js OUTDIR METAFILE`, called by build_assets.py.
 *
 * Rule of the file: the page speaks WebSocket alone (socket.js), so the other transports of
 * engine.io-client, 5 KiB that nothing would ever call, are left out.
 */

import { writeFileSync } from "node:fs";

import { build } from "esbuild";

const [outdir = "", metafile = ""] = process.argv.slice(2);

/** @type {import("esbuild").Plugin} */
const webSocketAlone = {
  name: "websocket-alone",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/(polling-xhr|polling-fetch|webtransport)/ }, ({ path, importer }) =>
      importer.includes("engine.io-client") ? { path, namespace: "absent" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "absent" }, () => ({
      contents: "export const XHR = undefined, Fetch = undefined, WT = undefined;",
    }));
  },
};

const built = await build({
  entryPoints: ["main.jsx"],
  outdir,
  metafile: true,
  plugins: [webSocketAlone],
  bundle: true,
  splitting: true,
  chunkNames: "part-[hash]",
  entryNames: "app-[hash]",
  minify: true,
  format: "esm",
  target: ["es2022", "chrome123", "firefox125", "safari17.5"],
  charset: "utf8",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
});
writeFileSync(metafile, JSON.stringify(built.metafile));
