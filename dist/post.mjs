// src/platform/node-version.ts
var needed = 24;
function isOldNode(level) {
  if (Number(process.versions.node.split(".")[0]) >= needed) return false;
  const what = `go-deps-action needs Node ${needed}, but this runner uses Node ${process.versions.node} (${process.execPath}).`;
  const fix = `Update the runner to 2.327.1 or newer. If the job's image provides Node, as with act, Forgejo or Gitea, use an image with Node ${needed}.`;
  process.stdout.write(`::${level}::${what} ${fix}
`);
  return true;
}

// src/start-post.ts
if (!isOldNode("notice")) await import("./run-post.mjs");
