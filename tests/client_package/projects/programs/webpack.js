// Builds page.js to webpack/, and prints what webpack has to say about it.
import { fileURLToPath } from "node:url";
import webpack from "webpack";

const folder = fileURLToPath(new URL("./", import.meta.url));
webpack({
  mode: "production",
  context: folder,
  entry: "./page.js",
  output: { path: `${folder}webpack`, publicPath: "auto" },
  performance: { hints: false },
}, (error, stats) => {
  if (error) throw error;
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  console.log(JSON.stringify({ errors, warnings }));
});
