import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);

// src/platform/clock.ts
function now() {
  return Date.now();
}
function elapsed() {
  const start = performance.now();
  return () => (performance.now() - start) / 1e3;
}
function pause(seconds, signal) {
  return new Promise((resolve6) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve6();
    };
    const timer = setTimeout(end, seconds * 1e3);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}
function random() {
  return Math.random();
}

// src/platform/files.ts
import * as fs7 from "node:fs";
import * as path7 from "node:path";

// src/platform/open-files.ts
import * as fs from "node:fs";
function openToRead(file) {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
  return fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}
function openIfReadable(file) {
  try {
    return openToRead(file);
  } catch (error3) {
    if (unreadable.includes(errorCode(error3) ?? "")) return void 0;
    throw error3;
  }
}
var unreadable = [
  "ENOENT",
  "ENOTDIR",
  "ELOOP",
  "EACCES",
  "EPERM",
  "EISDIR",
  "ENXIO",
  "EOPNOTSUPP"
];
function createFile(file, mode = 420) {
  return fs.openSync(file, "wx", mode);
}
function close(fd) {
  fs.closeSync(fd);
}
function fstat(fd) {
  return fs.fstatSync(fd);
}
function read(fd, buffer, offset, length2, position) {
  let done = 0;
  while (done < length2) {
    const at = position === void 0 ? null : position + done;
    const count = fs.readSync(fd, buffer, offset + done, length2 - done, at);
    if (count === 0) break;
    done += count;
  }
  return done;
}
function write(fd, bytes) {
  let done = 0;
  while (done < bytes.length) done += fs.writeSync(fd, bytes, done, bytes.length - done, null);
}
function errorCode(error3) {
  return error3?.code;
}

// src/platform/permissions.ts
import * as fs5 from "node:fs";
import * as path6 from "node:path";

// src/platform/environment.ts
import { devNull } from "node:os";
import * as path from "node:path";

// src/platform/machine.ts
function platform() {
  return process.platform;
}

// src/platform/environment.ts
function processEnv() {
  return Object.freeze(canonicalNames({ ...process.env }, platform()));
}
function canonicalNames(variables2, system) {
  if (system !== "win32") return variables2;
  const named = Object.entries(variables2).map(
    ([name, value]) => [/_proxy$/i.test(name) ? name : name.toUpperCase(), value]
  );
  return Object.fromEntries(named);
}
function withVariables(variables2, changes, system = platform()) {
  if (system !== "win32") return Object.freeze({ ...variables2, ...changes });
  const names = new Set(Object.keys(changes).map((name) => name.toUpperCase()));
  const others = Object.entries(variables2).filter(([name]) => !names.has(name.toUpperCase()));
  return Object.freeze({ ...Object.fromEntries(others), ...changes });
}
function anyCaseVariable(variables2, name) {
  const found = Object.keys(variables2).find((key) => key.toUpperCase() === name);
  return (found === void 0 ? void 0 : variables2[found]) ?? "";
}
function isFixedPath(file, system) {
  return system === "win32" ? /^(?:[a-z]:[\\/]|[\\/]{2}[^\\/])/i.test(file) : path.posix.isAbsolute(file);
}
function fixedFolders(list5, system) {
  const { delimiter: delimiter3 } = system === "win32" ? path.win32 : path.posix;
  return list5.split(delimiter3).filter((folder) => isFixedPath(system === "win32" ? folder.replaceAll('"', "") : folder, system)).join(delimiter3);
}
var gitSafeguards = [
  ["core.fsmonitor", "false"],
  ["core.hooksPath", devNull]
];
function childEnvironment(variables2, system = platform()) {
  const inPathOnly = system === "win32" ? { NoDefaultCurrentDirectoryInExePath: "1" } : {};
  const defined = Object.entries(withVariables(variables2, inPathOnly, system)).filter(
    (entry) => entry[1] !== void 0
  );
  const cleaned3 = defined.map(
    ([name, value]) => name.toUpperCase() === "PATH" ? [name, fixedFolders(value, system)] : [name, value]
  );
  const count = Number(variables2.GIT_CONFIG_COUNT || "0");
  if (!Number.isInteger(count) || count < 0) return Object.fromEntries(cleaned3);
  const settings = gitSafeguards.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${count + index}`, key],
    [`GIT_CONFIG_VALUE_${count + index}`, value]
  ]);
  return Object.fromEntries([
    ...cleaned3,
    ["GIT_CONFIG_COUNT", String(count + gitSafeguards.length)],
    ...settings
  ]);
}

// src/platform/processes.ts
import { spawn as spawn2, spawnSync } from "node:child_process";
import * as fs4 from "node:fs";
import { constants as constants5 } from "node:os";
import * as path5 from "node:path";

// node_modules/@actions/exec/lib/exec.js
import { StringDecoder } from "string_decoder";

// node_modules/@actions/exec/lib/toolrunner.js
import * as os from "os";
import * as events from "events";
import * as child from "child_process";
import * as path4 from "path";

// node_modules/@actions/io/lib/io.js
import * as path3 from "path";

// node_modules/@actions/io/lib/io-util.js
import * as fs2 from "fs";
import * as path2 from "path";
var __awaiter = function(thisArg, _arguments, P, generator) {
  function adopt(value) {
    return value instanceof P ? value : new P(function(resolve6) {
      resolve6(value);
    });
  }
  return new (P || (P = Promise))(function(resolve6, reject) {
    function fulfilled(value) {
      try {
        step(generator.next(value));
      } catch (e) {
        reject(e);
      }
    }
    function rejected(value) {
      try {
        step(generator["throw"](value));
      } catch (e) {
        reject(e);
      }
    }
    function step(result) {
      result.done ? resolve6(result.value) : adopt(result.value).then(fulfilled, rejected);
    }
    step((generator = generator.apply(thisArg, _arguments || [])).next());
  });
};
var { chmod, copyFile, lstat, mkdir, open, readdir, rename, rm, rmdir, stat, symlink, unlink } = fs2.promises;
var IS_WINDOWS = process.platform === "win32";
var READONLY = fs2.constants.O_RDONLY;
function exists(fsPath) {
  return __awaiter(this, void 0, void 0, function* () {
    try {
      yield stat(fsPath);
    } catch (err) {
      if (err.code === "ENOENT") {
        return false;
      }
      throw err;
    }
    return true;
  });
}
function isRooted(p) {
  p = normalizeSeparators(p);
  if (!p) {
    throw new Error('isRooted() parameter "p" cannot be empty');
  }
  if (IS_WINDOWS) {
    return p.startsWith("\\") || /^[A-Z]:/i.test(p);
  }
  return p.startsWith("/");
}
function tryGetExecutablePath(filePath, extensions) {
  return __awaiter(this, void 0, void 0, function* () {
    let stats = void 0;
    try {
      stats = yield stat(filePath);
    } catch (err) {
      if (err.code !== "ENOENT") {
        console.log(`Unexpected error attempting to determine if executable file exists '${filePath}': ${err}`);
      }
    }
    if (stats && stats.isFile()) {
      if (IS_WINDOWS) {
        const upperExt = path2.extname(filePath).toUpperCase();
        if (extensions.some((validExt) => validExt.toUpperCase() === upperExt)) {
          return filePath;
        }
      } else {
        if (isUnixExecutable(stats)) {
          return filePath;
        }
      }
    }
    const originalFilePath = filePath;
    for (const extension of extensions) {
      filePath = originalFilePath + extension;
      stats = void 0;
      try {
        stats = yield stat(filePath);
      } catch (err) {
        if (err.code !== "ENOENT") {
          console.log(`Unexpected error attempting to determine if executable file exists '${filePath}': ${err}`);
        }
      }
      if (stats && stats.isFile()) {
        if (IS_WINDOWS) {
          try {
            const directory2 = path2.dirname(filePath);
            const upperName = path2.basename(filePath).toUpperCase();
            for (const actualName of yield readdir(directory2)) {
              if (upperName === actualName.toUpperCase()) {
                filePath = path2.join(directory2, actualName);
                break;
              }
            }
          } catch (err) {
            console.log(`Unexpected error attempting to determine the actual case of the file '${filePath}': ${err}`);
          }
          return filePath;
        } else {
          if (isUnixExecutable(stats)) {
            return filePath;
          }
        }
      }
    }
    return "";
  });
}
function normalizeSeparators(p) {
  p = p || "";
  if (IS_WINDOWS) {
    p = p.replace(/\//g, "\\");
    return p.replace(/\\\\+/g, "\\");
  }
  return p.replace(/\/\/+/g, "/");
}
function isUnixExecutable(stats) {
  return (stats.mode & 1) > 0 || (stats.mode & 8) > 0 && process.getgid !== void 0 && stats.gid === process.getgid() || (stats.mode & 64) > 0 && process.getuid !== void 0 && stats.uid === process.getuid();
}

// node_modules/@actions/io/lib/io.js
var __awaiter2 = function(thisArg, _arguments, P, generator) {
  function adopt(value) {
    return value instanceof P ? value : new P(function(resolve6) {
      resolve6(value);
    });
  }
  return new (P || (P = Promise))(function(resolve6, reject) {
    function fulfilled(value) {
      try {
        step(generator.next(value));
      } catch (e) {
        reject(e);
      }
    }
    function rejected(value) {
      try {
        step(generator["throw"](value));
      } catch (e) {
        reject(e);
      }
    }
    function step(result) {
      result.done ? resolve6(result.value) : adopt(result.value).then(fulfilled, rejected);
    }
    step((generator = generator.apply(thisArg, _arguments || [])).next());
  });
};
function which(tool, check2) {
  return __awaiter2(this, void 0, void 0, function* () {
    if (!tool) {
      throw new Error("parameter 'tool' is required");
    }
    if (check2) {
      const result = yield which(tool, false);
      if (!result) {
        if (IS_WINDOWS) {
          throw new Error(`Unable to locate executable file: ${tool}. Please verify either the file path exists or the file can be found within a directory specified by the PATH environment variable. Also verify the file has a valid extension for an executable file.`);
        } else {
          throw new Error(`Unable to locate executable file: ${tool}. Please verify either the file path exists or the file can be found within a directory specified by the PATH environment variable. Also check the file mode to verify the file is executable.`);
        }
      }
      return result;
    }
    const matches = yield findInPath(tool);
    if (matches && matches.length > 0) {
      return matches[0];
    }
    return "";
  });
}
function findInPath(tool) {
  return __awaiter2(this, void 0, void 0, function* () {
    if (!tool) {
      throw new Error("parameter 'tool' is required");
    }
    const extensions = [];
    if (IS_WINDOWS && process.env["PATHEXT"]) {
      for (const extension of process.env["PATHEXT"].split(path3.delimiter)) {
        if (extension) {
          extensions.push(extension);
        }
      }
    }
    if (isRooted(tool)) {
      const filePath = yield tryGetExecutablePath(tool, extensions);
      if (filePath) {
        return [filePath];
      }
      return [];
    }
    if (tool.includes(path3.sep)) {
      return [];
    }
    const directories = [];
    if (process.env.PATH) {
      for (const p of process.env.PATH.split(path3.delimiter)) {
        if (p) {
          directories.push(p);
        }
      }
    }
    const matches = [];
    for (const directory2 of directories) {
      const filePath = yield tryGetExecutablePath(path3.join(directory2, tool), extensions);
      if (filePath) {
        matches.push(filePath);
      }
    }
    return matches;
  });
}

// node_modules/@actions/exec/lib/toolrunner.js
import { setTimeout as setTimeout2 } from "timers";
var __awaiter3 = function(thisArg, _arguments, P, generator) {
  function adopt(value) {
    return value instanceof P ? value : new P(function(resolve6) {
      resolve6(value);
    });
  }
  return new (P || (P = Promise))(function(resolve6, reject) {
    function fulfilled(value) {
      try {
        step(generator.next(value));
      } catch (e) {
        reject(e);
      }
    }
    function rejected(value) {
      try {
        step(generator["throw"](value));
      } catch (e) {
        reject(e);
      }
    }
    function step(result) {
      result.done ? resolve6(result.value) : adopt(result.value).then(fulfilled, rejected);
    }
    step((generator = generator.apply(thisArg, _arguments || [])).next());
  });
};
var IS_WINDOWS2 = process.platform === "win32";
var ToolRunner = class extends events.EventEmitter {
  constructor(toolPath, args, options) {
    super();
    if (!toolPath) {
      throw new Error("Parameter 'toolPath' cannot be null or empty.");
    }
    this.toolPath = toolPath;
    this.args = args || [];
    this.options = options || {};
  }
  _debug(message) {
    if (this.options.listeners && this.options.listeners.debug) {
      this.options.listeners.debug(message);
    }
  }
  _getCommandString(options, noPrefix) {
    const toolPath = this._getSpawnFileName();
    const args = this._getSpawnArgs(options);
    let cmd = noPrefix ? "" : "[command]";
    if (IS_WINDOWS2) {
      if (this._isCmdFile()) {
        cmd += toolPath;
        for (const a of args) {
          cmd += ` ${a}`;
        }
      } else if (options.windowsVerbatimArguments) {
        cmd += `"${toolPath}"`;
        for (const a of args) {
          cmd += ` ${a}`;
        }
      } else {
        cmd += this._windowsQuoteCmdArg(toolPath);
        for (const a of args) {
          cmd += ` ${this._windowsQuoteCmdArg(a)}`;
        }
      }
    } else {
      cmd += toolPath;
      for (const a of args) {
        cmd += ` ${a}`;
      }
    }
    return cmd;
  }
  _processLineBuffer(data, strBuffer, onLine) {
    try {
      let s = strBuffer + data.toString();
      let n = s.indexOf(os.EOL);
      while (n > -1) {
        const line = s.substring(0, n);
        onLine(line);
        s = s.substring(n + os.EOL.length);
        n = s.indexOf(os.EOL);
      }
      return s;
    } catch (err) {
      this._debug(`error processing line. Failed with error ${err}`);
      return "";
    }
  }
  _getSpawnFileName() {
    if (IS_WINDOWS2) {
      if (this._isCmdFile()) {
        return process.env["COMSPEC"] || "cmd.exe";
      }
    }
    return this.toolPath;
  }
  _getSpawnArgs(options) {
    if (IS_WINDOWS2) {
      if (this._isCmdFile()) {
        let argline = `/D /S /C "${this._windowsQuoteCmdArg(this.toolPath)}`;
        for (const a of this.args) {
          argline += " ";
          argline += options.windowsVerbatimArguments ? a : this._windowsQuoteCmdArg(a);
        }
        argline += '"';
        return [argline];
      }
    }
    return this.args;
  }
  _endsWith(str, end) {
    return str.endsWith(end);
  }
  _isCmdFile() {
    const upperToolPath = this.toolPath.toUpperCase();
    return this._endsWith(upperToolPath, ".CMD") || this._endsWith(upperToolPath, ".BAT");
  }
  _windowsQuoteCmdArg(arg) {
    if (!this._isCmdFile()) {
      return this._uvQuoteCmdArg(arg);
    }
    if (!arg) {
      return '""';
    }
    const cmdSpecialChars = [
      " ",
      "	",
      "&",
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      "^",
      "=",
      ";",
      "!",
      "'",
      "+",
      ",",
      "`",
      "~",
      "|",
      "<",
      ">",
      '"'
    ];
    let needsQuotes = false;
    for (const char of arg) {
      if (cmdSpecialChars.some((x) => x === char)) {
        needsQuotes = true;
        break;
      }
    }
    if (!needsQuotes) {
      return arg;
    }
    let reverse = '"';
    let quoteHit = true;
    for (let i = arg.length; i > 0; i--) {
      reverse += arg[i - 1];
      if (quoteHit && arg[i - 1] === "\\") {
        reverse += "\\";
      } else if (arg[i - 1] === '"') {
        quoteHit = true;
        reverse += '"';
      } else {
        quoteHit = false;
      }
    }
    reverse += '"';
    return reverse.split("").reverse().join("");
  }
  _uvQuoteCmdArg(arg) {
    if (!arg) {
      return '""';
    }
    if (!arg.includes(" ") && !arg.includes("	") && !arg.includes('"')) {
      return arg;
    }
    if (!arg.includes('"') && !arg.includes("\\")) {
      return `"${arg}"`;
    }
    let reverse = '"';
    let quoteHit = true;
    for (let i = arg.length; i > 0; i--) {
      reverse += arg[i - 1];
      if (quoteHit && arg[i - 1] === "\\") {
        reverse += "\\";
      } else if (arg[i - 1] === '"') {
        quoteHit = true;
        reverse += "\\";
      } else {
        quoteHit = false;
      }
    }
    reverse += '"';
    return reverse.split("").reverse().join("");
  }
  _cloneExecOptions(options) {
    options = options || {};
    const result = {
      cwd: options.cwd || process.cwd(),
      env: options.env || process.env,
      silent: options.silent || false,
      windowsVerbatimArguments: options.windowsVerbatimArguments || false,
      failOnStdErr: options.failOnStdErr || false,
      ignoreReturnCode: options.ignoreReturnCode || false,
      delay: options.delay || 1e4
    };
    result.outStream = options.outStream || process.stdout;
    result.errStream = options.errStream || process.stderr;
    return result;
  }
  _getSpawnOptions(options, toolPath) {
    options = options || {};
    const result = {};
    result.cwd = options.cwd;
    result.env = options.env;
    result["windowsVerbatimArguments"] = options.windowsVerbatimArguments || this._isCmdFile();
    if (options.windowsVerbatimArguments) {
      result.argv0 = `"${toolPath}"`;
    }
    return result;
  }
  /**
   * Exec a tool.
   * Output will be streamed to the live console.
   * Returns promise with return code
   *
   * @param     tool     path to tool to exec
   * @param     options  optional exec options.  See ExecOptions
   * @returns   number
   */
  exec() {
    return __awaiter3(this, void 0, void 0, function* () {
      if (!isRooted(this.toolPath) && (this.toolPath.includes("/") || IS_WINDOWS2 && this.toolPath.includes("\\"))) {
        this.toolPath = path4.resolve(process.cwd(), this.options.cwd || process.cwd(), this.toolPath);
      }
      this.toolPath = yield which(this.toolPath, true);
      return new Promise((resolve6, reject) => __awaiter3(this, void 0, void 0, function* () {
        this._debug(`exec tool: ${this.toolPath}`);
        this._debug("arguments:");
        for (const arg of this.args) {
          this._debug(`   ${arg}`);
        }
        const optionsNonNull = this._cloneExecOptions(this.options);
        if (!optionsNonNull.silent && optionsNonNull.outStream) {
          optionsNonNull.outStream.write(this._getCommandString(optionsNonNull) + os.EOL);
        }
        const state = new ExecState(optionsNonNull, this.toolPath);
        state.on("debug", (message) => {
          this._debug(message);
        });
        if (this.options.cwd && !(yield exists(this.options.cwd))) {
          return reject(new Error(`The cwd: ${this.options.cwd} does not exist!`));
        }
        const fileName = this._getSpawnFileName();
        const cp = child.spawn(fileName, this._getSpawnArgs(optionsNonNull), this._getSpawnOptions(this.options, fileName));
        let stdbuffer = "";
        if (cp.stdout) {
          cp.stdout.on("data", (data) => {
            if (this.options.listeners && this.options.listeners.stdout) {
              this.options.listeners.stdout(data);
            }
            if (!optionsNonNull.silent && optionsNonNull.outStream) {
              optionsNonNull.outStream.write(data);
            }
            stdbuffer = this._processLineBuffer(data, stdbuffer, (line) => {
              if (this.options.listeners && this.options.listeners.stdline) {
                this.options.listeners.stdline(line);
              }
            });
          });
        }
        let errbuffer = "";
        if (cp.stderr) {
          cp.stderr.on("data", (data) => {
            state.processStderr = true;
            if (this.options.listeners && this.options.listeners.stderr) {
              this.options.listeners.stderr(data);
            }
            if (!optionsNonNull.silent && optionsNonNull.errStream && optionsNonNull.outStream) {
              const s = optionsNonNull.failOnStdErr ? optionsNonNull.errStream : optionsNonNull.outStream;
              s.write(data);
            }
            errbuffer = this._processLineBuffer(data, errbuffer, (line) => {
              if (this.options.listeners && this.options.listeners.errline) {
                this.options.listeners.errline(line);
              }
            });
          });
        }
        cp.on("error", (err) => {
          state.processError = err.message;
          state.processExited = true;
          state.processClosed = true;
          state.CheckComplete();
        });
        cp.on("exit", (code2) => {
          state.processExitCode = code2;
          state.processExited = true;
          this._debug(`Exit code ${code2} received from tool '${this.toolPath}'`);
          state.CheckComplete();
        });
        cp.on("close", (code2) => {
          state.processExitCode = code2;
          state.processExited = true;
          state.processClosed = true;
          this._debug(`STDIO streams have closed for tool '${this.toolPath}'`);
          state.CheckComplete();
        });
        state.on("done", (error3, exitCode) => {
          if (stdbuffer.length > 0) {
            this.emit("stdline", stdbuffer);
          }
          if (errbuffer.length > 0) {
            this.emit("errline", errbuffer);
          }
          cp.removeAllListeners();
          if (error3) {
            reject(error3);
          } else {
            resolve6(exitCode);
          }
        });
        if (this.options.input) {
          if (!cp.stdin) {
            throw new Error("child process missing stdin");
          }
          cp.stdin.end(this.options.input);
        }
      }));
    });
  }
};
function argStringToArray(argString) {
  const args = [];
  let inQuotes = false;
  let escaped2 = false;
  let arg = "";
  function append(c) {
    if (escaped2 && c !== '"') {
      arg += "\\";
    }
    arg += c;
    escaped2 = false;
  }
  for (let i = 0; i < argString.length; i++) {
    const c = argString.charAt(i);
    if (c === '"') {
      if (!escaped2) {
        inQuotes = !inQuotes;
      } else {
        append(c);
      }
      continue;
    }
    if (c === "\\" && escaped2) {
      append(c);
      continue;
    }
    if (c === "\\" && inQuotes) {
      escaped2 = true;
      continue;
    }
    if (c === " " && !inQuotes) {
      if (arg.length > 0) {
        args.push(arg);
        arg = "";
      }
      continue;
    }
    append(c);
  }
  if (arg.length > 0) {
    args.push(arg.trim());
  }
  return args;
}
var ExecState = class _ExecState extends events.EventEmitter {
  constructor(options, toolPath) {
    super();
    this.processClosed = false;
    this.processError = "";
    this.processExitCode = 0;
    this.processExited = false;
    this.processStderr = false;
    this.delay = 1e4;
    this.done = false;
    this.timeout = null;
    if (!toolPath) {
      throw new Error("toolPath must not be empty");
    }
    this.options = options;
    this.toolPath = toolPath;
    if (options.delay) {
      this.delay = options.delay;
    }
  }
  CheckComplete() {
    if (this.done) {
      return;
    }
    if (this.processClosed) {
      this._setResult();
    } else if (this.processExited) {
      this.timeout = setTimeout2(_ExecState.HandleTimeout, this.delay, this);
    }
  }
  _debug(message) {
    this.emit("debug", message);
  }
  _setResult() {
    let error3;
    if (this.processExited) {
      if (this.processError) {
        error3 = new Error(`There was an error when attempting to execute the process '${this.toolPath}'. This may indicate the process failed to start. Error: ${this.processError}`);
      } else if (this.processExitCode !== 0 && !this.options.ignoreReturnCode) {
        error3 = new Error(`The process '${this.toolPath}' failed with exit code ${this.processExitCode}`);
      } else if (this.processStderr && this.options.failOnStdErr) {
        error3 = new Error(`The process '${this.toolPath}' failed because one or more lines were written to the STDERR stream`);
      }
    }
    if (this.timeout) {
      clearTimeout(this.timeout);
      this.timeout = null;
    }
    this.done = true;
    this.emit("done", error3, this.processExitCode);
  }
  static HandleTimeout(state) {
    if (state.done) {
      return;
    }
    if (!state.processClosed && state.processExited) {
      const message = `The STDIO streams did not close within ${state.delay / 1e3} seconds of the exit event from process '${state.toolPath}'. This may indicate a child process inherited the STDIO streams and has not yet exited.`;
      state._debug(message);
    }
    state._setResult();
  }
};

// node_modules/@actions/exec/lib/exec.js
var __awaiter4 = function(thisArg, _arguments, P, generator) {
  function adopt(value) {
    return value instanceof P ? value : new P(function(resolve6) {
      resolve6(value);
    });
  }
  return new (P || (P = Promise))(function(resolve6, reject) {
    function fulfilled(value) {
      try {
        step(generator.next(value));
      } catch (e) {
        reject(e);
      }
    }
    function rejected(value) {
      try {
        step(generator["throw"](value));
      } catch (e) {
        reject(e);
      }
    }
    function step(result) {
      result.done ? resolve6(result.value) : adopt(result.value).then(fulfilled, rejected);
    }
    step((generator = generator.apply(thisArg, _arguments || [])).next());
  });
};
function exec(commandLine2, args, options) {
  return __awaiter4(this, void 0, void 0, function* () {
    const commandArgs = argStringToArray(commandLine2);
    if (commandArgs.length === 0) {
      throw new Error(`Parameter 'commandLine' cannot be null or empty.`);
    }
    const toolPath = commandArgs[0];
    args = commandArgs.slice(1).concat(args || []);
    const runner = new ToolRunner(toolPath, args, options);
    return runner.exec();
  });
}
function getExecOutput(commandLine2, args, options) {
  return __awaiter4(this, void 0, void 0, function* () {
    var _a, _b;
    let stdout = "";
    let stderr = "";
    const stdoutDecoder = new StringDecoder("utf8");
    const stderrDecoder = new StringDecoder("utf8");
    const originalStdoutListener = (_a = options === null || options === void 0 ? void 0 : options.listeners) === null || _a === void 0 ? void 0 : _a.stdout;
    const originalStdErrListener = (_b = options === null || options === void 0 ? void 0 : options.listeners) === null || _b === void 0 ? void 0 : _b.stderr;
    const stdErrListener = (data) => {
      stderr += stderrDecoder.write(data);
      if (originalStdErrListener) {
        originalStdErrListener(data);
      }
    };
    const stdOutListener = (data) => {
      stdout += stdoutDecoder.write(data);
      if (originalStdoutListener) {
        originalStdoutListener(data);
      }
    };
    const listeners = Object.assign(Object.assign({}, options === null || options === void 0 ? void 0 : options.listeners), { stdout: stdOutListener, stderr: stdErrListener });
    const exitCode = yield exec(commandLine2, args, Object.assign(Object.assign({}, options), { listeners }));
    stdout += stdoutDecoder.end();
    stderr += stderrDecoder.end();
    return {
      exitCode,
      stdout,
      stderr
    };
  });
}

// src/platform/runner.ts
import { randomUUID as randomUUID2 } from "node:crypto";
import { appendFileSync as appendFileSync2 } from "node:fs";
import { EOL as EOL6 } from "node:os";
import { format } from "node:util";

// node_modules/@actions/core/lib/command.js
import * as os2 from "os";

// node_modules/@actions/core/lib/utils.js
function toCommandValue(input) {
  if (input === null || input === void 0) {
    return "";
  } else if (typeof input === "string" || input instanceof String) {
    return input;
  }
  return JSON.stringify(input);
}
function toCommandProperties(annotationProperties) {
  if (!Object.keys(annotationProperties).length) {
    return {};
  }
  return {
    title: annotationProperties.title,
    file: annotationProperties.file,
    line: annotationProperties.startLine,
    endLine: annotationProperties.endLine,
    col: annotationProperties.startColumn,
    endColumn: annotationProperties.endColumn
  };
}

// node_modules/@actions/core/lib/command.js
function issueCommand(command, properties, message) {
  const cmd = new Command(command, properties, message);
  process.stdout.write(cmd.toString() + os2.EOL);
}
function issue(name, message = "") {
  issueCommand(name, {}, message);
}
var CMD_STRING = "::";
var Command = class {
  constructor(command, properties, message) {
    if (!command) {
      command = "missing.command";
    }
    this.command = command;
    this.properties = properties;
    this.message = message;
  }
  toString() {
    let cmdStr = CMD_STRING + this.command;
    if (this.properties && Object.keys(this.properties).length > 0) {
      cmdStr += " ";
      let first = true;
      for (const key in this.properties) {
        if (this.properties.hasOwnProperty(key)) {
          const val = this.properties[key];
          if (val) {
            if (first) {
              first = false;
            } else {
              cmdStr += ",";
            }
            cmdStr += `${key}=${escapeProperty(val)}`;
          }
        }
      }
    }
    cmdStr += `${CMD_STRING}${escapeData(this.message)}`;
    return cmdStr;
  }
};
function escapeData(s) {
  return toCommandValue(s).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}
function escapeProperty(s) {
  return toCommandValue(s).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/:/g, "%3A").replace(/,/g, "%2C");
}

// node_modules/@actions/core/lib/file-command.js
import * as crypto from "crypto";
import * as fs3 from "fs";
import * as os3 from "os";
function issueFileCommand(command, message) {
  const filePath = process.env[`GITHUB_${command}`];
  if (!filePath) {
    throw new Error(`Unable to find environment variable for file command ${command}`);
  }
  if (!fs3.existsSync(filePath)) {
    throw new Error(`Missing file at path: ${filePath}`);
  }
  fs3.appendFileSync(filePath, `${toCommandValue(message)}${os3.EOL}`, {
    encoding: "utf8"
  });
}
function prepareKeyValueMessage(key, value) {
  const delimiter3 = `ghadelimiter_${crypto.randomUUID()}`;
  const convertedValue = toCommandValue(value);
  if (key.includes(delimiter3)) {
    throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter3}"`);
  }
  if (convertedValue.includes(delimiter3)) {
    throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter3}"`);
  }
  return `${key}<<${delimiter3}${os3.EOL}${convertedValue}${os3.EOL}${delimiter3}`;
}

// node_modules/@actions/core/lib/core.js
import * as os5 from "os";

// node_modules/@actions/core/lib/summary.js
import { EOL as EOL4 } from "os";
import { constants as constants3, promises as promises2 } from "fs";
var __awaiter5 = function(thisArg, _arguments, P, generator) {
  function adopt(value) {
    return value instanceof P ? value : new P(function(resolve6) {
      resolve6(value);
    });
  }
  return new (P || (P = Promise))(function(resolve6, reject) {
    function fulfilled(value) {
      try {
        step(generator.next(value));
      } catch (e) {
        reject(e);
      }
    }
    function rejected(value) {
      try {
        step(generator["throw"](value));
      } catch (e) {
        reject(e);
      }
    }
    function step(result) {
      result.done ? resolve6(result.value) : adopt(result.value).then(fulfilled, rejected);
    }
    step((generator = generator.apply(thisArg, _arguments || [])).next());
  });
};
var { access, appendFile, writeFile } = promises2;
var SUMMARY_ENV_VAR = "GITHUB_STEP_SUMMARY";
var Summary = class {
  constructor() {
    this._buffer = "";
  }
  /**
   * Finds the summary file path from the environment, rejects if env var is not found or file does not exist
   * Also checks r/w permissions.
   *
   * @returns step summary file path
   */
  filePath() {
    return __awaiter5(this, void 0, void 0, function* () {
      if (this._filePath) {
        return this._filePath;
      }
      const pathFromEnv = process.env[SUMMARY_ENV_VAR];
      if (!pathFromEnv) {
        throw new Error(`Unable to find environment variable for $${SUMMARY_ENV_VAR}. Check if your runtime environment supports job summaries.`);
      }
      try {
        yield access(pathFromEnv, constants3.R_OK | constants3.W_OK);
      } catch (_a) {
        throw new Error(`Unable to access summary file: '${pathFromEnv}'. Check if the file has correct read/write permissions.`);
      }
      this._filePath = pathFromEnv;
      return this._filePath;
    });
  }
  /**
   * Wraps content in an HTML tag, adding any HTML attributes
   *
   * @param {string} tag HTML tag to wrap
   * @param {string | null} content content within the tag
   * @param {[attribute: string]: string} attrs key-value list of HTML attributes to add
   *
   * @returns {string} content wrapped in HTML element
   */
  wrap(tag, content, attrs = {}) {
    const htmlAttrs = Object.entries(attrs).map(([key, value]) => ` ${key}="${value}"`).join("");
    if (!content) {
      return `<${tag}${htmlAttrs}>`;
    }
    return `<${tag}${htmlAttrs}>${content}</${tag}>`;
  }
  /**
   * Writes text in the buffer to the summary buffer file and empties buffer. Will append by default.
   *
   * @param {SummaryWriteOptions} [options] (optional) options for write operation
   *
   * @returns {Promise<Summary>} summary instance
   */
  write(options) {
    return __awaiter5(this, void 0, void 0, function* () {
      const overwrite = !!(options === null || options === void 0 ? void 0 : options.overwrite);
      const filePath = yield this.filePath();
      const writeFunc = overwrite ? writeFile : appendFile;
      yield writeFunc(filePath, this._buffer, { encoding: "utf8" });
      return this.emptyBuffer();
    });
  }
  /**
   * Clears the summary buffer and wipes the summary file
   *
   * @returns {Summary} summary instance
   */
  clear() {
    return __awaiter5(this, void 0, void 0, function* () {
      return this.emptyBuffer().write({ overwrite: true });
    });
  }
  /**
   * Returns the current summary buffer as a string
   *
   * @returns {string} string of summary buffer
   */
  stringify() {
    return this._buffer;
  }
  /**
   * If the summary buffer is empty
   *
   * @returns {boolen} true if the buffer is empty
   */
  isEmptyBuffer() {
    return this._buffer.length === 0;
  }
  /**
   * Resets the summary buffer without writing to summary file
   *
   * @returns {Summary} summary instance
   */
  emptyBuffer() {
    this._buffer = "";
    return this;
  }
  /**
   * Adds raw text to the summary buffer
   *
   * @param {string} text content to add
   * @param {boolean} [addEOL=false] (optional) append an EOL to the raw text (default: false)
   *
   * @returns {Summary} summary instance
   */
  addRaw(text3, addEOL = false) {
    this._buffer += text3;
    return addEOL ? this.addEOL() : this;
  }
  /**
   * Adds the operating system-specific end-of-line marker to the buffer
   *
   * @returns {Summary} summary instance
   */
  addEOL() {
    return this.addRaw(EOL4);
  }
  /**
   * Adds an HTML codeblock to the summary buffer
   *
   * @param {string} code content to render within fenced code block
   * @param {string} lang (optional) language to syntax highlight code
   *
   * @returns {Summary} summary instance
   */
  addCodeBlock(code2, lang) {
    const attrs = Object.assign({}, lang && { lang });
    const element = this.wrap("pre", this.wrap("code", code2), attrs);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML list to the summary buffer
   *
   * @param {string[]} items list of items to render
   * @param {boolean} [ordered=false] (optional) if the rendered list should be ordered or not (default: false)
   *
   * @returns {Summary} summary instance
   */
  addList(items, ordered = false) {
    const tag = ordered ? "ol" : "ul";
    const listItems2 = items.map((item) => this.wrap("li", item)).join("");
    const element = this.wrap(tag, listItems2);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML table to the summary buffer
   *
   * @param {SummaryTableCell[]} rows table rows
   *
   * @returns {Summary} summary instance
   */
  addTable(rows) {
    const tableBody = rows.map((row) => {
      const cells = row.map((cell) => {
        if (typeof cell === "string") {
          return this.wrap("td", cell);
        }
        const { header, data, colspan, rowspan } = cell;
        const tag = header ? "th" : "td";
        const attrs = Object.assign(Object.assign({}, colspan && { colspan }), rowspan && { rowspan });
        return this.wrap(tag, data, attrs);
      }).join("");
      return this.wrap("tr", cells);
    }).join("");
    const element = this.wrap("table", tableBody);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds a collapsable HTML details element to the summary buffer
   *
   * @param {string} label text for the closed state
   * @param {string} content collapsable content
   *
   * @returns {Summary} summary instance
   */
  addDetails(label, content) {
    const element = this.wrap("details", this.wrap("summary", label) + content);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML image tag to the summary buffer
   *
   * @param {string} src path to the image you to embed
   * @param {string} alt text description of the image
   * @param {SummaryImageOptions} options (optional) addition image attributes
   *
   * @returns {Summary} summary instance
   */
  addImage(src, alt, options) {
    const { width, height } = options || {};
    const attrs = Object.assign(Object.assign({}, width && { width }), height && { height });
    const element = this.wrap("img", null, Object.assign({ src, alt }, attrs));
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML section heading element
   *
   * @param {string} text heading text
   * @param {number | string} [level=1] (optional) the heading level, default: 1
   *
   * @returns {Summary} summary instance
   */
  addHeading(text3, level) {
    const tag = `h${level}`;
    const allowedTag = ["h1", "h2", "h3", "h4", "h5", "h6"].includes(tag) ? tag : "h1";
    const element = this.wrap(allowedTag, text3);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML thematic break (<hr>) to the summary buffer
   *
   * @returns {Summary} summary instance
   */
  addSeparator() {
    const element = this.wrap("hr", null);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML line break (<br>) to the summary buffer
   *
   * @returns {Summary} summary instance
   */
  addBreak() {
    const element = this.wrap("br", null);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML blockquote to the summary buffer
   *
   * @param {string} text quote text
   * @param {string} cite (optional) citation url
   *
   * @returns {Summary} summary instance
   */
  addQuote(text3, cite) {
    const attrs = Object.assign({}, cite && { cite });
    const element = this.wrap("blockquote", text3, attrs);
    return this.addRaw(element).addEOL();
  }
  /**
   * Adds an HTML anchor tag to the summary buffer
   *
   * @param {string} text link text/content
   * @param {string} href hyperlink
   *
   * @returns {Summary} summary instance
   */
  addLink(text3, href) {
    const element = this.wrap("a", text3, { href });
    return this.addRaw(element).addEOL();
  }
};
var _summary = new Summary();
var summary = _summary;

// node_modules/@actions/core/lib/platform.js
import os4 from "os";
var platform2 = os4.platform();
var arch = os4.arch();

// node_modules/@actions/core/lib/core.js
var ExitCode;
(function(ExitCode2) {
  ExitCode2[ExitCode2["Success"] = 0] = "Success";
  ExitCode2[ExitCode2["Failure"] = 1] = "Failure";
})(ExitCode || (ExitCode = {}));
function setSecret(secret) {
  issueCommand("add-mask", {}, secret);
}
function setOutput(name, value) {
  const filePath = process.env["GITHUB_OUTPUT"] || "";
  if (filePath) {
    return issueFileCommand("OUTPUT", prepareKeyValueMessage(name, value));
  }
  process.stdout.write(os5.EOL);
  issueCommand("set-output", { name }, toCommandValue(value));
}
function debug(message) {
  issueCommand("debug", {}, message);
}
function error(message, properties = {}) {
  issueCommand("error", toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
function warning(message, properties = {}) {
  issueCommand("warning", toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
function info(message) {
  process.stdout.write(message + os5.EOL);
}
function startGroup(name) {
  issue("group", name);
}
function endGroup() {
  issue("endgroup");
}
function getState(name) {
  return process.env[`STATE_${name}`] || "";
}

// src/platform/runner.ts
var hidden = /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
var doubleColon = /^([^\x21-\x7e]*):(?=[^\x20-\x7e]*:)/;
var hashes = /#([^\x20-\x7e]*#[^\x20-\x7e]*)\[/g;
var shortEscapes = { "\n": "\\n", "\r": "\\r" };
function logLine(text3) {
  return text3.toWellFormed().replaceAll(hidden, escapeOf).replace(doubleColon, "$1\\:").replaceAll(hashes, "#$1\\[");
}
function logLines(text3) {
  return text3.trimEnd().split(/\r\n|\r|\n/).map(logLine).join("\n");
}
function escapeOf(character) {
  const code2 = character.codePointAt(0) ?? 0;
  const hex = (digits) => code2.toString(16).padStart(digits, "0");
  if (code2 < 256) return shortEscapes[character] ?? `\\x${hex(2)}`;
  return code2 < 65536 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}
async function runPhase(phase, work) {
  for (const name of ["log", "info", "warn", "error", "debug"]) {
    console[name] = (...data) => debug2(format(...data));
  }
  const end = (failure) => {
    const { message, stack } = failure instanceof Error ? failure : new Error(String(failure));
    const text3 = `This is a bug in go-deps-action, please report it: ${message}`;
    if (phase === "main") error2(text3);
    else warning2(text3);
    debug2(stack ?? "");
    process.stdout.write("", () => process.exit(phase === "main" ? ExitCode.Failure : 0));
  };
  process.on("uncaughtException", end);
  await work().catch(end);
}
function info2(line) {
  info(logLine(line));
}
function debug2(line) {
  debug(logLines(line));
}
function warning2(text3) {
  warning(logLines(text3));
}
function error2(text3, place = {}) {
  error(logLines(text3), {
    ...place.title === void 0 ? {} : { title: logLine(place.title) },
    ...place.file === void 0 ? {} : { file: place.file },
    ...place.line === void 0 ? {} : { startLine: place.line }
  });
  process.exitCode = ExitCode.Failure;
}
function group(heading, lines2) {
  startGroup(logLine(heading));
  for (const line of lines2) info2(line);
  endGroup();
}
function mask(secret) {
  const shown2 = secret.split(/\r\n|\r|\n/).filter((line) => logLine(line) !== line);
  for (const one of [secret, ...shown2.map(logLine)]) setSecret(one);
}
function setOutput2(name, value) {
  setOutput(name, value);
}
var LaterSteps = class {
  #variables = /* @__PURE__ */ new Map();
  #folders = [];
  /** Sets variables. The last value of a name counts. */
  set(variables2) {
    for (const [name, value] of Object.entries(variables2)) this.#variables.set(name, value);
  }
  /**
   * Puts a folder first on PATH.
   *
   * @throws RangeError when its name has a line break: the runner would read it as two folders
   */
  addPath(folder) {
    if (/[\r\n]/.test(folder))
      throw new RangeError(`${JSON.stringify(folder)} has a line break and cannot be added to PATH`);
    this.#folders.push(folder);
  }
  /** Writes what was collected since the last call. */
  write() {
    for (const [name, value] of this.#variables) {
      const end = `ghadelimiter_${randomUUID2()}`;
      if (!appendToFile("GITHUB_ENV", [`${name}<<${end}`, value, end]))
        info(`::set-env name=${name}::${commandData(value)}`);
    }
    for (const folder of this.#folders) {
      if (!appendToFile("GITHUB_PATH", [folder])) info(`::add-path::${commandData(folder)}`);
    }
    this.#variables.clear();
    this.#folders.length = 0;
  }
};
function appendToFile(name, lines2) {
  const file = processEnv()[name] ?? "";
  if (file === "") return false;
  appendFileSync2(file, lines2.map((line) => `${line}${EOL6}`).join(""));
  return true;
}
function commandData(text3) {
  return text3.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
function savedState(name) {
  return getState(name);
}
async function appendToSummary(markdown) {
  if ((processEnv().GITHUB_STEP_SUMMARY ?? "") === "") return;
  try {
    await summary.addRaw(markdown, true).write();
  } catch (error3) {
    debug2(`the job summary cannot be written: ${error3.message}`);
  }
}
function logGroup({
  heading,
  lines: lines2
}) {
  if (lines2.length === 0) info2(heading);
  else group(heading, lines2);
}

// src/platform/processes.ts
function onExit(action) {
  const end = (signal) => process.exit(128 + constants5.signals[signal]);
  process.once("exit", action);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, end);
  return () => {
    process.off("exit", action);
    for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, end);
  };
}
function findProgram(name, variables2, platform3 = process.platform) {
  const paths = platform3 === "win32" ? path5.win32 : path5.posix;
  const extensions = platform3 === "win32" ? extensionsOf(name, anyCaseVariable(variables2, "PATHEXT")) : [""];
  const folders = anyCaseVariable(variables2, "PATH").split(paths.delimiter);
  const files = isFixedPath(name, platform3) ? [name] : folders.map((folder) => platform3 === "win32" ? folder.replaceAll('"', "") : folder).filter((folder) => isFixedPath(folder, platform3)).map((folder) => paths.join(folder, name));
  return files.flatMap((file) => extensions.map((extension) => `${file}${extension}`)).find((file) => isProgram(file, platform3));
}
function windowsProgram(name, variables2 = processEnv()) {
  return path5.win32.join(anyCaseVariable(variables2, "SYSTEMROOT") || "C:\\Windows", "System32", `${name}.exe`);
}
function extensionsOf(name, pathext) {
  const all2 = (pathext || ".COM;.EXE;.BAT;.CMD").split(";").filter((one) => one !== "");
  return all2.some((one) => name.toUpperCase().endsWith(one.toUpperCase())) ? [""] : all2;
}
function isProgram(file, platform3) {
  try {
    fs4.accessSync(file, platform3 === "win32" ? fs4.constants.F_OK : fs4.constants.X_OK);
    return fs4.statSync(file).isFile();
  } catch {
    return false;
  }
}
async function run(command, args, { cwd, variables: variables2 }) {
  const start = performance.now();
  const isBare = path5.basename(command) === command;
  const program = findProgram(isBare ? command : path5.resolve(cwd, command), variables2);
  if (program === void 0) return void 0;
  try {
    const { exitCode, stdout, stderr } = await getExecOutput(commandLine(program), [...args], {
      cwd,
      env: childEnvironment(variables2),
      silent: true,
      ignoreReturnCode: true
    });
    return { code: exitCode, stdout, stderr, seconds: (performance.now() - start) / 1e3 };
  } catch (error3) {
    if (/Unable to locate executable file/.test(error3.message)) return void 0;
    throw error3;
  }
}
function commandLine(program) {
  return `"${program.replaceAll('"', '\\"')}"`;
}
var taskkillTimeout = 3e3;
function killTree(child3) {
  if (child3.pid === void 0 || child3.exitCode !== null || child3.signalCode !== null) return;
  try {
    if (process.platform === "win32") {
      const args = ["/pid", String(child3.pid), "/T", "/F"];
      const { status } = spawnSync(windowsProgram("taskkill"), args, {
        windowsHide: true,
        timeout: taskkillTimeout
      });
      if (status !== 0) child3.kill("SIGKILL");
    } else {
      process.kill(-child3.pid, "SIGKILL");
    }
  } catch (error3) {
    debug2(`process ${child3.pid} had ended already, or cannot be ended: ${error3.message}`);
  }
}

// src/platform/permissions.ts
function makeTreeWritable(folder, what) {
  allow(folder, 448);
  for (const entry of fs5.readdirSync(folder, { withFileTypes: true })) {
    const inside = path6.join(folder, entry.name);
    if (entry.isDirectory()) makeTreeWritable(inside, what);
    else if (entry.isFile() && what === "everything") allow(inside, 128);
  }
}
function allow(target, permissions2) {
  fs5.chmodSync(target, fs5.statSync(target).mode | permissions2);
}

// src/platform/rename.ts
import * as fs6 from "node:fs";
function renamePatiently(from, to) {
  retryIfLocked(() => fs6.renameSync(from, to));
}
function retryIfLocked(action, system = process.platform) {
  const last = performance.now() + (system === "win32" ? 2e3 : 0);
  for (; ; ) {
    try {
      action();
      return;
    } catch (error3) {
      const isLocked = ["EPERM", "EACCES", "EBUSY"].includes(errorCode(error3) ?? "");
      if (!isLocked || performance.now() >= last) throw error3;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

// src/platform/files.ts
function readText(file) {
  return unlessAbsent(() => fs7.readFileSync(file, "utf8"));
}
function writeFile2(file, content) {
  fs7.mkdirSync(path7.dirname(file), { recursive: true });
  fs7.writeFileSync(file, content);
}
function replaceFile(file, content) {
  const staged = `${file}.${process.pid}.new`;
  writeFile2(staged, content);
  try {
    renamePatiently(staged, file);
  } catch (error3) {
    removeIfPossible(staged);
    throw error3;
  }
}
function lstat2(file) {
  return unlessAbsent(() => fs7.lstatSync(file, { throwIfNoEntry: false }));
}
function isDirectory2(file) {
  return fs7.statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
function isFile(file) {
  return fs7.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
function realPath(file) {
  return unlessAbsent(() => diskPath(file)) ?? path7.resolve(file);
}
function diskPath(file) {
  try {
    return fs7.realpathSync.native(file);
  } catch (error3) {
    if (process.platform !== "win32") throw error3;
    return fs7.realpathSync(file);
  }
}
function isWithin(folder, target, paths = path7) {
  const relative4 = paths.relative(folder, target);
  return relative4 !== ".." && !relative4.startsWith(`..${paths.sep}`) && !paths.isAbsolute(relative4);
}
function entriesOf(directory2) {
  const entries = unlessAbsent(() => fs7.readdirSync(directory2, { withFileTypes: true })) ?? [];
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}
function filesBelow(directory2) {
  return entriesOf(directory2).flatMap(
    (entry) => entry.isDirectory() ? filesBelow(path7.join(directory2, entry.name)).map((file) => `${entry.name}/${file}`) : [entry.name]
  );
}
function makeDirectory(directory2) {
  fs7.mkdirSync(directory2, { recursive: true });
}
function makePrivateDirectory(prefix3) {
  fs7.mkdirSync(path7.dirname(prefix3), { recursive: true });
  return fs7.mkdtempSync(prefix3);
}
function removeIfPossible(target) {
  try {
    remove(target);
  } catch (error3) {
    debug2(`${target} is not removed: ${error3.message}`);
  }
}
function remove(target) {
  try {
    fs7.rmSync(target, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    if (lstat2(target)?.isDirectory() === true) makeTreeWritable(target, "directories");
    fs7.rmSync(target, { recursive: true, force: true, maxRetries: 3 });
  }
}
function unlessAbsent(read2) {
  try {
    return read2();
  } catch (error3) {
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(error3.code ?? "")) return void 0;
    throw error3;
  }
}
function readTextUpTo(file, most3) {
  const fd = openIfReadable(file);
  if (fd === void 0) return void 0;
  try {
    const status = fs7.fstatSync(fd);
    if (!status.isFile() || status.size > most3) return void 0;
    const bytes = Buffer.alloc(status.size);
    return bytes.toString("utf8", 0, read(fd, bytes, 0, bytes.length));
  } finally {
    fs7.closeSync(fd);
  }
}
function lstatIn(file) {
  return fs7.lstatSync(file, { throwIfNoEntry: false });
}
function namesIn(directory2) {
  try {
    return fs7.readdirSync(directory2).sort();
  } catch (error3) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error3) ?? "")) return [];
    throw error3;
  }
}
function namesIfReadable(directory2) {
  try {
    return namesIn(directory2);
  } catch (error3) {
    if (unreadable.includes(errorCode(error3) ?? "")) return [];
    throw error3;
  }
}
function ensureDirectory(directory2) {
  fs7.mkdirSync(directory2, { recursive: true, mode: 493 });
}
function ensureEmptyDirectory(directory2) {
  ensureDirectory(directory2);
  if (!fs7.lstatSync(directory2).isDirectory()) throw new Error(`${directory2} is not a directory`);
  if (fs7.readdirSync(directory2).length > 0) throw new Error(`${directory2} is not empty`);
}

// src/platform/git.ts
import * as path9 from "node:path";

// src/platform/temp-dirs.ts
import { createHash } from "node:crypto";
import { accessSync as accessSync3, constants as constants7, mkdirSync as mkdirSync3, mkdtempSync as mkdtempSync2, realpathSync as realpathSync2 } from "node:fs";
import * as os6 from "node:os";
import * as path8 from "node:path";
function temporaryFolder() {
  const { RUNNER_TEMP: given = "" } = processEnv();
  return temporaryFault() === void 0 && given !== "" ? realpathSync2(given) : systemFolder();
}
function temporaryFault() {
  const { RUNNER_TEMP: given = "" } = processEnv();
  return given === "" ? void 0 : folderFault(given);
}
var jobFolderPrefix = "go-deps-action-";
function isJobDir(folder) {
  return isDirectlyIn(jobDirParent(), folder, jobFolderPrefix);
}
function isInTempDir(file, prefix3) {
  return isDirectlyIn(temporaryFolder(), file, prefix3);
}
function isDirectlyIn(folder, file, prefix3) {
  if (!path8.isAbsolute(file) || path8.normalize(file) !== file) return false;
  return path8.dirname(file) === folder && path8.basename(file).startsWith(prefix3);
}
function jobDirParent() {
  const folder = temporaryFolder();
  if (!/\s/.test(folder)) return folder;
  const other = systemFolder();
  return /\s/.test(other) ? folder : other;
}
function systemFolder() {
  const folders = [os6.tmpdir(), ...process.platform === "win32" ? [] : ["/tmp"], homeFolder(processEnv())];
  return realpathSync2(
    folders.find((folder) => folder !== "" && folderFault(folder) === void 0) ?? os6.tmpdir()
  );
}
var specialCharacters = process.platform === "win32" ? /["`;%$*?[\]\p{Cc}]/u : /["`;%$*?[\]\\\p{Cc}]/u;
function folderFault(folder) {
  try {
    mkdirSync3(folder, { recursive: true });
    accessSync3(folder, constants7.W_OK | constants7.X_OK);
    const character = specialCharacters.exec(realpathSync2(folder))?.[0];
    return character === void 0 ? void 0 : `holds ${JSON.stringify(character)}, which has a special meaning to git, ssh or tar`;
  } catch (error3) {
    return `cannot be written (${error3.code ?? "unknown error"})`;
  }
}
function workspaceFolder(variables2) {
  const folder = variables2.GITHUB_WORKSPACE;
  return path8.resolve(folder === void 0 || folder === "" ? process.cwd() : folder);
}
function homeFolder(variables2) {
  const folder = variables2[process.platform === "win32" ? "USERPROFILE" : "HOME"] ?? os6.homedir();
  return path8.isAbsolute(folder) ? folder : "";
}
function jobIdentity() {
  const names = [
    "RUNNER_TRACKING_ID",
    "GITHUB_REPOSITORY",
    "GITHUB_RUN_ID",
    "GITHUB_RUN_ATTEMPT",
    "GITHUB_JOB"
  ];
  const variables2 = processEnv();
  const parts = names.map((name) => variables2[name] ?? "");
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 12);
}

// src/platform/git.ts
var commonArgs = [
  ...gitSafeguards,
  ["safe.bareRepository", "explicit"],
  ["core.quotepath", "off"],
  ["core.longpaths", "true"]
].flatMap(([key, value]) => ["-c", `${key}=${value}`]);
var commonVariables = {
  GIT_OPTIONAL_LOCKS: "0",
  GIT_NO_LAZY_FETCH: "1",
  GIT_ALLOW_PROTOCOL: "none",
  LC_ALL: "C"
};
function runGit(directory2, args, variables2) {
  const bare = bareRepositoryAt(directory2, variables2);
  if (bare !== void 0) {
    const stderr = `${bare} looks like a bare repository, whose settings are not trusted`;
    return Promise.resolve({ code: 128, stdout: "", stderr, seconds: 0 });
  }
  const limits = limitsFor(directory2, variables2);
  return run("git", [...commonArgs, ...limits.args, ...args], {
    cwd: directory2,
    variables: withVariables(variables2, { ...commonVariables, ...limits.variables })
  });
}
function limitsFor(directory2, variables2) {
  const workspace = realPath(workspaceFolder(variables2));
  if (!isWithin(workspace, realPath(directory2))) return { args: [], variables: {} };
  const args = ["-c", "safe.directory=*"];
  const isNamed2 = (variables2.GITHUB_WORKSPACE ?? "") !== "";
  return { args, variables: isNamed2 ? { GIT_CEILING_DIRECTORIES: path9.dirname(workspace) } : {} };
}
function bareRepositoryAt(directory2, variables2) {
  if ((variables2.GIT_DIR ?? "") !== "") return void 0;
  const has = (folder, name) => lstat2(path9.join(folder, name)) !== void 0;
  for (let folder = realPath(directory2); ; folder = path9.dirname(folder)) {
    if (has(folder, ".git")) return void 0;
    if (has(folder, "HEAD") && (has(folder, "objects") || has(folder, "commondir"))) return folder;
    if (path9.dirname(folder) === folder) return void 0;
  }
}
async function indexEntries(directory2, variables2) {
  const ran = await runGit(directory2, ["ls-files", "-z", "-s", "-v"], variables2);
  if (ran?.code !== 0) return { kind: "no-git", why: failureOf(ran) };
  const records = ran.stdout.split("\0").filter((record) => record !== "");
  return { kind: "listed", entries: records.map(indexEntry) };
}
function indexEntry(record) {
  const tab = record.indexOf("	");
  const [tag, mode = "", id = "", stage] = record.slice(0, tab).split(" ");
  return { path: record.slice(tab + 1), mode, id, watched: tag === "H" && stage === "0" };
}
function failureOf(ran) {
  if (ran === void 0) return "git is not on PATH";
  const line = ran.stderr.split(/\r?\n/).find((text3) => text3.trim() !== "");
  return line?.replace(/^(?:fatal|error): /, "") ?? `git ended with exit code ${ran.code}`;
}

// src/gofiles/go-version.ts
var NUMBER = "(0|[1-9][0-9]*)";
var VERSION = new RegExp(`^${NUMBER}(?:\\.${NUMBER}(?:\\.${NUMBER}|([a-z]+)${NUMBER}?)?)?$`);
function parseGoVersion(text3) {
  const name = text3.replace(/^devel (?=go)/, "");
  const match = VERSION.exec(name.startsWith("go") ? toolchainVersion(name) : name);
  if (match === null) return void 0;
  const [, major = "", minor, patch = "", kind = "", pre = ""] = match;
  if (minor === void 0) return { major, minor: "0", patch: "0", kind, pre };
  const impliedPatch = patch === "" && kind === "" && compareNumbers(minor, "21") < 0 ? "0" : patch;
  return { major, minor, patch: impliedPatch, kind, pre };
}
function compareGoVersions(x, y) {
  const a = parseGoVersion(x) ?? MALFORMED;
  const b = parseGoVersion(y) ?? MALFORMED;
  return compareNumbers(a.major, b.major) || compareNumbers(a.minor, b.minor) || compareNumbers(a.patch, b.patch) || compareText(a.kind, b.kind) || compareNumbers(a.pre, b.pre);
}
var MALFORMED = { major: "", minor: "", patch: "", kind: "", pre: "" };
function toolchainVersion(name) {
  return /[\\/]/.test(name) ? "" : name.slice("go".length).split(/[ \t-]/)[0] ?? "";
}
function compareNumbers(x, y) {
  return x.length - y.length || compareText(x, y);
}
function compareText(x, y) {
  return x < y ? -1 : Number(x > y);
}

// src/errors.ts
var ActionError = class extends Error {
  code;
  constructor(code2, message, options) {
    super(message, options);
    this.name = new.target.name;
    this.code = code2;
  }
};
function hasCode(error3, ...codes) {
  return error3 instanceof Error && "code" in error3 && codes.some((code2) => code2 === error3.code);
}
function problemText(problem) {
  const allowed = problem.allowed === "" ? "" : ` Allowed: ${problem.allowed}.`;
  return `${problem.what}.${allowed} ${problem.fix}`;
}
var CorruptArchive = class extends ActionError {
  constructor(message) {
    super("corrupt-archive", message);
  }
};

// src/platform/http.ts
import * as http from "node:http";
import * as https from "node:https";
import { isIP } from "node:net";
import * as tls from "node:tls";

// node_modules/@actions/http-client/lib/proxy.js
function getProxyUrl(reqUrl) {
  const usingSsl = reqUrl.protocol === "https:";
  if (checkBypass(reqUrl)) {
    return void 0;
  }
  const proxyVar = (() => {
    if (usingSsl) {
      return process.env["https_proxy"] || process.env["HTTPS_PROXY"];
    } else {
      return process.env["http_proxy"] || process.env["HTTP_PROXY"];
    }
  })();
  if (proxyVar) {
    try {
      return new DecodedURL(proxyVar);
    } catch (_a) {
      if (!proxyVar.startsWith("http://") && !proxyVar.startsWith("https://"))
        return new DecodedURL(`http://${proxyVar}`);
    }
  } else {
    return void 0;
  }
}
function checkBypass(reqUrl) {
  if (!reqUrl.hostname) {
    return false;
  }
  const reqHost = reqUrl.hostname;
  if (isLoopbackAddress(reqHost)) {
    return true;
  }
  const noProxy = process.env["no_proxy"] || process.env["NO_PROXY"] || "";
  if (!noProxy) {
    return false;
  }
  let reqPort;
  if (reqUrl.port) {
    reqPort = Number(reqUrl.port);
  } else if (reqUrl.protocol === "http:") {
    reqPort = 80;
  } else if (reqUrl.protocol === "https:") {
    reqPort = 443;
  }
  const upperReqHosts = [reqUrl.hostname.toUpperCase()];
  if (typeof reqPort === "number") {
    upperReqHosts.push(`${upperReqHosts[0]}:${reqPort}`);
  }
  for (const upperNoProxyItem of noProxy.split(",").map((x) => x.trim().toUpperCase()).filter((x) => x)) {
    if (upperNoProxyItem === "*" || upperReqHosts.some((x) => x === upperNoProxyItem || x.endsWith(`.${upperNoProxyItem}`) || upperNoProxyItem.startsWith(".") && x.endsWith(`${upperNoProxyItem}`))) {
      return true;
    }
  }
  return false;
}
function isLoopbackAddress(host) {
  const hostLower = host.toLowerCase();
  return hostLower === "localhost" || hostLower.startsWith("127.") || hostLower.startsWith("[::1]") || hostLower.startsWith("[0:0:0:0:0:0:0:1]");
}
var DecodedURL = class extends URL {
  constructor(url, base) {
    super(url, base);
    this._decodedUsername = decodeURIComponent(super.username);
    this._decodedPassword = decodeURIComponent(super.password);
  }
  get username() {
    return this._decodedUsername;
  }
  get password() {
    return this._decodedPassword;
  }
};

// src/platform/http.ts
var ProxyError = class extends ActionError {
  status;
  constructor(status) {
    super("proxy", `the proxy answers ${status}`);
    this.status = status;
  }
};
async function routeTo(url, signal, connections) {
  const proxyUrl = getProxyUrl(url);
  const proxy = proxyUrl === void 0 ? void 0 : new URL(proxyUrl.href);
  const direct = requestTarget(url);
  const shared = connections === void 0 ? {} : { agent: connections.agentFor(proxy ?? url) };
  if (proxy === void 0) return { ...direct, ...shared };
  if (url.protocol === "http:" && proxy.protocol === "http:") {
    const headers = basicAuthentication(proxy, "proxy-authorization");
    return { ...requestTarget(proxy), ...shared, path: `${url.origin}${direct.path}`, headers };
  }
  const socket = await openTunnel(proxy, url, signal);
  const host = String(direct.hostname);
  const { agent: _, ...rest } = direct;
  const secured = () => tls.connect({ socket, host, ...isIP(host) === 0 ? { servername: host } : {} });
  return { ...rest, createConnection: url.protocol === "https:" ? secured : () => socket };
}
function openConnections() {
  const agents = {
    http: new http.Agent({ keepAlive: true }),
    https: new https.Agent({ keepAlive: true })
  };
  return {
    agentFor: ({ protocol }) => protocol === "https:" ? agents.https : agents.http,
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    }
  };
}
function basicAuthentication({ username, password }, header) {
  if (username === "" && password === "") return {};
  const pair = [username, password].map(decodeURIComponent).join(":");
  return { [header]: `Basic ${Buffer.from(pair).toString("base64")}` };
}
function httpModuleFor({ protocol }) {
  return protocol === "https:" ? https : http;
}
function openTunnel(proxy, target, signal) {
  const authority = `${target.hostname}:${target.port || (target.protocol === "https:" ? 443 : 80)}`;
  const headers = { host: authority, ...basicAuthentication(proxy, "proxy-authorization") };
  return new Promise((resolve6, reject) => {
    const connectRequest = httpModuleFor(proxy).request({
      ...requestTarget(proxy),
      method: "CONNECT",
      path: authority,
      headers,
      signal
    });
    connectRequest.on("error", reject);
    connectRequest.once("connect", ({ statusCode = 0 }, socket) => {
      if (statusCode === 200) return resolve6(socket);
      socket.destroy();
      reject(new ProxyError(statusCode));
    });
    connectRequest.end();
  });
}
function requestTarget({ hostname, port, pathname, search }) {
  return {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    ...port === "" ? {} : { port },
    path: `${pathname}${search}`,
    // A separate connection, which ends with the request.
    agent: false
  };
}
var HttpTimeout = class extends ActionError {
  constructor(message) {
    super("http-timeout", message);
  }
};
var bodyPart = 256 * 1024;
async function sendRequest(url, request) {
  const { method, headers, body, wait, signal, connections } = request;
  const end = new AbortController();
  const giveUp = (seconds, what) => setTimeout(() => end.abort(new HttpTimeout(`${what} within ${seconds} s`)), seconds * 1e3);
  let timer = giveUp(wait.connection, "no connection");
  const connected = () => {
    clearTimeout(timer);
    timer = giveUp(wait.silence, "no answer");
  };
  const abort = () => end.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  try {
    signal?.throwIfAborted();
    const route = await routeTo(url, end.signal, connections);
    let isReused = false;
    return await new Promise((resolve6, reject) => {
      const length2 = body === void 0 ? {} : { "content-length": String(body.length) };
      const all2 = { host: url.host, "user-agent": "go-deps-action", ...route.headers, ...length2, ...headers };
      const sent = httpModuleFor(url).request({ ...route, method, headers: all2, signal: end.signal }, resolve6);
      sent.on("error", reject);
      sent.once("socket", (socket) => {
        isReused = sent.reusedSocket;
        if (socket.connecting) socket.once("connect", connected);
        else connected();
      });
      writeBody(sent, body, () => timer.refresh()).catch(reject);
    }).catch((error3) => {
      if (isReused && ["ECONNRESET", "EPIPE"].includes(error3.code ?? "") && !end.signal.aborted)
        return sendRequest(url, request);
      throw error3;
    });
  } catch (error3) {
    throw end.signal.aborted ? end.signal.reason : error3;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
async function writeBody(sent, body, onProgress) {
  for (let at = 0; body !== void 0 && at < body.length; at += bodyPart) {
    if (!sent.write(body.subarray(at, at + bodyPart)) && !sent.destroyed) await drained(sent);
    onProgress();
  }
  sent.end();
}
function drained(sent) {
  return new Promise((resolve6) => {
    const go = () => {
      for (const event of ["drain", "close"]) sent.off(event, go);
      resolve6();
    };
    for (const event of ["drain", "close"]) sent.on(event, go);
  });
}
function parseRetryAfter(header, at) {
  const text3 = header?.trim() ?? "";
  if (/^\d+$/.test(text3)) return Number(text3);
  const date = /^[A-Z][a-z]+,? /.test(text3) ? Date.parse(text3) : Number.NaN;
  return Number.isNaN(date) ? void 0 : Math.max(0, Math.ceil((date - at) / 1e3));
}

// src/platform/retry.ts
var maxRetryAfter = 60;
var maxPause = 30;
function backoffSeconds(count, requested, share2) {
  const backoff = Math.min(maxPause, 2 ** (count - 1));
  return Math.max(backoff, Math.min(maxRetryAfter, requested ?? 0)) * (1 + share2 / 4);
}

// src/gofiles/module-path.ts
var ModulePathError = class extends ActionError {
  constructor(message) {
    super("module-path", message);
  }
};
var IDENTIFIER = "(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)";
var SEMVER = new RegExp(
  `^v(?:0|[1-9][0-9]*)(\\.(?:0|[1-9][0-9]*)(\\.(?:0|[1-9][0-9]*)(?:-${IDENTIFIER}(?:\\.${IDENTIFIER})*)?(\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?)?)?$`
);
function escapePath(path24) {
  if (!isModulePath(path24)) throw new ModulePathError(`malformed module path ${JSON.stringify(path24)}`);
  return escapeUpperCase(path24);
}
function escapeVersion(version2) {
  if (!isFileName(version2)) throw new ModulePathError(`malformed module version ${JSON.stringify(version2)}`);
  return escapeUpperCase(version2);
}
function unescapePath(escaped2) {
  const path24 = unescapeUpperCase(escaped2);
  if (path24 === void 0 || !isModulePath(path24)) {
    throw new ModulePathError(`malformed escaped module path ${JSON.stringify(escaped2)}`);
  }
  return path24;
}
function unescapeVersion(escaped2) {
  const version2 = unescapeUpperCase(escaped2);
  if (version2 === void 0 || !isFileName(version2)) {
    throw new ModulePathError(`malformed escaped module version ${JSON.stringify(escaped2)}`);
  }
  return version2;
}
function treeDirectory({ path: path24, version: version2 }) {
  return `${escapePath(path24)}@${escapeVersion(version2)}`;
}
function downloadPrefix({ path: path24, version: version2 }) {
  return `cache/download/${escapePath(path24)}/@v/${escapeVersion(version2)}`;
}
function splitTreeDirectory(directory2) {
  const at = directory2.indexOf("@");
  if (at < 0) return void 0;
  const path24 = unescapeUpperCase(directory2.slice(0, at));
  const version2 = unescapeUpperCase(directory2.slice(at + 1));
  if (path24 === void 0 || version2 === void 0 || !isModulePath(path24) || !isFileName(version2))
    return void 0;
  return { path: path24, version: version2 };
}
function isModulePath(path24) {
  const elements = path24.split("/");
  return /^[a-z0-9][a-z0-9-]*\.[a-z0-9.-]+$/.test(elements[0] ?? "") && elements.every((element) => !element.startsWith(".") && isPathElement(element, /^[\w.~-]+$/)) && hasMajorVersionSuffix(path24);
}
function hasMajorVersionSuffix(path24) {
  if (path24.startsWith("gopkg.in/")) return /\.v(?:0|[1-9][0-9]*(?:-unstable)?)$/.test(path24);
  const suffix = /\/v([0-9.]+)$/.exec(path24)?.[1];
  return suffix === void 0 || /^[1-9][0-9]*$/.test(suffix) && suffix !== "1";
}
function isPathElement(element, allowed) {
  return allowed.test(element) && !/^[^.]*~[0-9]+(?:\.|$)/.test(element) && isPortableName(element);
}
function isFileName(name) {
  return /^[a-zA-Z0-9#$%&()+,\-.=@[\]^_{}~ ]+$/.test(name) && isPortableName(name);
}
function isPortableName(name) {
  return !name.endsWith(".") && !/^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.|$)/i.test(name);
}
function escapeUpperCase(text3) {
  return text3.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}
function unescapeUpperCase(escaped2) {
  if (/[A-Z]|!(?![a-z])/.test(escaped2)) return void 0;
  return escaped2.replace(/!([a-z])/g, (_, letter) => letter.toUpperCase());
}
function moduleVersionName({ path: path24, version: version2 }) {
  return `${path24}@${version2}`;
}
function splitModuleVersion(name) {
  const at = name.lastIndexOf("@");
  if (at === -1) throw new RangeError(`"${name}" is not path@version`);
  return { path: name.slice(0, at), version: name.slice(at + 1) };
}

// src/text/lists.ts
function firstLinesOf(lines2, count) {
  const more = lines2.length - count;
  return more > 0 ? [...lines2.slice(0, count), `and ${more} more`] : lines2;
}
function listItems(text3) {
  return text3.split(/[\r\n,]+/).map((item) => item.trim()).filter((item) => item !== "");
}
function notationFault(text3) {
  const whole = text3.trim();
  if (/^\[(?:\s*["'{]|[^[\]]*,[^[\]]*\]$|\s*\]$)/s.test(whole) || /^\{\s*(?:"|\}$)/.test(whole))
    return "it is a JSON or YAML list: write one item per line, without brackets and quotes";
  for (const [index, item] of listItems(whole).entries()) {
    const fault = itemFault(item);
    if (fault !== void 0) return `element ${index + 1} ("${item}") ${fault}`;
  }
  return void 0;
}
function itemFault(item) {
  if (/^(["'`]).*\1$/.test(item)) return "has quotes around it: remove them";
  if (/^["'`]|["'`]$/.test(item)) return "has a quote: write one item per line, without quotes";
  return /^-\s/.test(item) ? "begins with a dash and a blank: write only the item" : void 0;
}

// src/gosettings/goproxy.ts
function readGoproxy(text3) {
  const { sources, separators } = splitSources(text3);
  const shown2 = splitSources(redactedGoproxy(text3)).sources;
  if (sources.length === 0) return text3.trim() === "" ? { value: "" } : { fault: "it holds only separators" };
  if (sources.length !== shown2.length) {
    const index = sources.findIndex((source, at) => redactedGoproxy(source) !== shown2[at]);
    return {
      fault: `element ${index + 1} ("${shown2[index] ?? ""}") holds a separator before its \`@\`: each address needs its own \`https://\`, and in a user name or password a comma is written as %2C, a bar as %7C`
    };
  }
  for (const [index, source] of sources.entries()) {
    const fault = sourceFault(source, shown2[index] ?? "", index === sources.length - 1);
    if (fault !== void 0) return { fault: `element ${index + 1} ("${shown2[index]}") ${fault}` };
    if (separators[index]?.includes(",") && separators[index].includes("|")) {
      return { fault: `both \`,\` and \`|\` follow element ${index + 1} ("${shown2[index]}"): use one` };
    }
  }
  const ends = separators.map((separator2) => separator2.includes("|") ? "|" : ",");
  const value = sources.map((source, index) => {
    const end = index < sources.length - 1 ? ends[index] : "";
    return source.replace(/^[a-z]+(?=:\/\/)/i, (scheme) => scheme.toLowerCase()) + end;
  });
  return { value: value.join("") };
}
function redactedGoproxy(text3) {
  return splitAddresses(text3).map(({ scheme, path: path24, secret, rest }) => {
    const hidden2 = secret === void 0 ? "" : "***";
    return scheme + path24 + hidden2 + rest.replaceAll(/([?#])[^\s,|;]*/g, "$1***");
  }).join("");
}
function urlFault(url) {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/isu.exec(url) ?? [];
  if (scheme === "") return schemeFault(url);
  if (new RegExp("\\p{Cc}", "u").test(url)) return "holds a control character";
  switch (scheme.toLowerCase()) {
    case "file":
      return fileFault(rest);
    case "http":
    case "https":
      return userFault(scheme.toLowerCase(), rest) ?? serverFault(rest.slice(rest.lastIndexOf("@") + 1));
    default:
      return `has the scheme "${scheme}": Go accepts https, http and file`;
  }
}
var SEPARATORS = /(\s*[,|\r\n][\s,|]*)/;
function splitSources(text3) {
  const parts = text3.replace(/^[\s,|]+|[\s,|]+$/g, "").split(SEPARATORS);
  return {
    sources: parts.filter((part, index) => index % 2 === 0 && part !== ""),
    separators: parts.filter((_, index) => index % 2 === 1)
  };
}
function sourceFault(source, shown2, isLast) {
  const word2 = source.toLowerCase();
  if (word2 === "off" || word2 === "direct") {
    if (source !== word2) return `must be written "${word2}"`;
    return isLast ? void 0 : "must come last: Go ignores the sources after it";
  }
  for (const [sign, name] of [
    [/\s/, "a blank"],
    [/;/, "`;`"]
  ]) {
    if (sign.test(shown2)) return `holds ${name}: sources are separated by \`,\` or \`|\``;
  }
  if (/\s/.test(source)) return "holds a blank before its `@`: write it as %20";
  return urlFault(source);
}
function schemeFault(url) {
  if (/^(?:[\\/]|[a-z]:[\\/])/i.test(url)) return 'is a path: write it as a URL such as "file:///directory"';
  if (/^(?:https?|file):/i.test(url)) return "has no `//` after its scheme";
  if (!/[.:/]/.test(url)) return "is not a URL, `off` or `direct`";
  return "has no scheme: Go would use https, so write `https://` or `http://` in front";
}
function userFault(scheme, rest) {
  const at = rest.lastIndexOf("@");
  if (at === -1) return void 0;
  const user = rest.slice(0, at);
  if (!/^[\w.:~!$&'()*+,;=%@-]*$/.test(user) || hasBadEscape(user)) {
    return "holds a character before its last `@` that must be percent-encoded, such as / (%2F), # (%23), ? (%3F) or % (%25); an `@` in the path is written as %40";
  }
  if (scheme === "http") return "sends a user name or password over http, which Go refuses: use https";
  if (/^[^:]*:?$/.test(user)) {
    return 'has a user name without password: Go shows user names in errors, so put a token after a colon, as in "https://user:token@host"';
  }
  return void 0;
}
function serverFault(rest) {
  const [, server = "", tail = ""] = /^([^/?#]*)(.*)$/su.exec(rest) ?? [];
  const [, host = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/su.exec(server) ?? [];
  if (server === "") return "has no host";
  if (port !== void 0 && !(/^\d+$/.test(port) && Number(port) <= 65535)) {
    return "has a colon after its host, but no port number";
  }
  if (!isHost(host)) return "has no valid host";
  if (/[?#]/.test(tail)) return "has a query or fragment: the address of a proxy ends with its path";
  return hasBadEscape(tail) ? BAD_ESCAPE : void 0;
}
function isHost(host) {
  if (!host.startsWith("[")) return /^(?:[\w.~-]|[\u0080-\u{10ffff}]|%[89a-f][0-9a-f])+$/iu.test(host);
  return URL.canParse(`http://${host.replace(/%25.*(?=\]$)/, "")}/`);
}
function fileFault(rest) {
  if (rest === "") return "has no path";
  if (/^[a-z]:(?:[\\/]|$)/i.test(rest)) {
    return 'has a drive in place of a host: write three slashes, as in "file:///C:/directory"';
  }
  if (!rest.startsWith("/"))
    return "has a host: a file address starts with three slashes and an absolute path";
  if (/^\/(?:~|\$|\.{1,2}(?:\/|$))/.test(rest))
    return "has no absolute path: Go does not expand ~, variables or dots";
  if (/[?#]/.test(rest)) return "has a query or fragment: in a path write ? as %3F and # as %23";
  return hasBadEscape(rest) ? BAD_ESCAPE : void 0;
}
var BAD_ESCAPE = "holds a % that does not start a percent-encoded character: write it as %25";
function hasBadEscape(text3) {
  return /%(?![0-9a-f]{2})/i.test(text3);
}
function splitAddresses(text3) {
  return text3.split(/(?<=^|[\s,|;])(?=(?:https?|file):\/\/)/i).map((piece) => {
    const [, scheme = "", path24 = "", tail = ""] = /^((?:(?:https?|file):\/\/)?)((?<=file:\/\/)\/[^\s,|;]*)?(.*)$/isu.exec(piece) ?? [];
    const at = tail.lastIndexOf("@");
    if (at !== -1) return { scheme, path: path24, secret: tail.slice(0, at), rest: tail.slice(at) };
    const user = scheme === "" ? null : /^([^\s,|;:/?#[]*:)(?!\d*(?:[\s,|;/?#]|$))([^\s,|;]*)/.exec(tail);
    if (user === null) return { scheme, path: path24, secret: void 0, rest: tail };
    const [all2, name = "", secret] = user;
    return { scheme: scheme + name, path: path24, secret, rest: tail.slice(all2.length) };
  });
}

// src/gosettings/module-patterns.ts
function readModulePatterns(text3) {
  const patterns2 = splitPatterns(text3);
  if (patterns2.length === 0 && text3.trim() !== "") return { fault: "it holds only separators" };
  for (const [index, pattern] of patterns2.entries()) {
    const fault = pattern === "none" ? noneFault(patterns2) : patternFault(pattern) ?? starsFault(pattern);
    if (fault !== void 0) return { fault: `element ${index + 1} ("${redactedGoproxy(pattern)}") ${fault}` };
  }
  return { value: joinPatterns(patterns2) };
}
function mergePatterns(existing, added) {
  const before = splitPatterns(existing);
  const after = splitPatterns(added);
  if (after.length === 0) return joinPatterns(before);
  if (after.every((pattern) => pattern === "none")) return "none";
  return joinPatterns([...before, ...after].filter((pattern) => pattern !== "none"));
}
function patternFault(pattern) {
  return notationFault2(pattern) ?? charactersFault(pattern) ?? elementsFault(pattern);
}
function splitPatterns(text3) {
  return text3.split(/[,\r\n]/).map((pattern) => pattern.trim()).filter((pattern) => pattern !== "");
}
function joinPatterns(patterns2) {
  return [...new Set(patterns2.map((pattern) => pattern.replace(/(?<=.)\/$/, "")))].join(",");
}
function starsFault(pattern) {
  if (!pattern.includes("**")) return void 0;
  if (pattern === "**") return "holds `**`: write `*` for all modules";
  return "holds `**`, which Go reads as `*`: remove it, because a pattern also covers everything below it";
}
function noneFault(patterns2) {
  return patterns2.length === 1 ? void 0 : "must stand alone: it means that no module matches";
}
function notationFault2(pattern) {
  if (pattern.includes("://")) return "is a URL: write it as a module path, without a scheme";
  if (/^[^/@]+@[^/]+:/.test(pattern))
    return 'is an ssh address: write it as "git.example.com/team/repository"';
  if (/[\s;|]/.test(pattern)) return "holds a blank, `;` or `|`: patterns are separated by `,`";
  if (pattern.includes("\\")) return "holds a backslash: the elements of a module path are separated by `/`";
  if (pattern.includes("..."))
    return 'holds "...": remove it, because a pattern also covers everything below it';
  if (/^\.{0,2}\//.test(pattern))
    return 'is a file path: a module path starts with a host such as "github.com"';
  if (pattern.includes("@")) return "holds `@`: a module path has no version";
  return pattern.includes(":") ? "holds `:`: a module path has no port" : void 0;
}
function charactersFault(pattern) {
  const plain = withoutClasses(pattern);
  if (/\[!/.test(pattern)) return 'holds "[!": Go writes a negated class as "[^"';
  if (plain.includes("[")) return "holds a class in brackets that is malformed or not closed";
  const invalid = /[^\w.~+*?/-]/u.exec(plain);
  return invalid === null ? void 0 : `holds "${invalid[0]}", which no module path contains`;
}
function elementsFault(pattern) {
  const elements = withoutClasses(pattern).replace(/\/$/, "").split("/");
  const [host = "", owner = "", repository = ""] = elements;
  if (elements.includes("")) return "has an empty element between slashes";
  if (elements.lastIndexOf("**", -2) !== -1)
    return "holds `**`, which matches one element here: write `*` for each";
  if (/[A-Z]/.test(host))
    return "has an upper-case letter in its host: Go matches case, and hosts are lower case";
  if (host.startsWith(".")) return 'starts with a dot: write it as "*.example.com"';
  if (!/[.*?]/.test(host)) return "has no dot in its first element: a module path starts with a host";
  if (/[_~+]|^-|\.$/.test(host)) return "has a first element that no module path starts with";
  const isKnown = (host === "github.com" || host === "bitbucket.org") && owner !== "";
  return isKnown && repository.endsWith(".git") ? 'has a repository ending in ".git": remove that, because module paths on this host never have it' : void 0;
}
function withoutClasses(pattern) {
  return pattern.replaceAll(/\[(?:\^|(?!\^))(?:[^\\\]/-](?:-[^\\\]/-])?)+\]/gu, "?");
}
function matchesModulePatterns(patterns2, modulePath) {
  const elements = modulePath.split("/");
  return patterns2.split(",").some((text3) => {
    const pattern = text3.replace(/\/$/, "");
    if (pattern === "") return false;
    const count = pattern.split("/").length;
    return count <= elements.length && (globOf(pattern)?.test(elements.slice(0, count).join("/")) ?? false);
  });
}
var inClass = String.raw`(?:\\.|[^\\\]-])`;
var range = `${inClass}(?:-${inClass})?`;
var pieces = new RegExp(String.raw`^(?:\[\^?(?:${range})+\]|\\.|[^[\\])`, "su");
function globOf(pattern) {
  let source = "";
  let rest = pattern;
  while (rest !== "") {
    const [piece = ""] = pieces.exec(rest) ?? [];
    if (piece === "") return void 0;
    source += translated(piece);
    rest = rest.slice(piece.length);
  }
  return new RegExp(`^${source}$`, "su");
}
function translated(piece) {
  if (piece === "*") return "[^/]*";
  if (piece === "?") return "[^/]";
  if (!piece.startsWith("[")) return literal(piece.startsWith("\\") ? piece.slice(1) : piece);
  const isNegated = piece.startsWith("[^");
  const body = piece.slice(isNegated ? 2 : 1, -1);
  const ranges = [...body.matchAll(new RegExp(range, "gsu"))].map(([text3]) => {
    const [low = 0, high = low] = [...text3.matchAll(/\\(.)|([^\\-])/gsu)].map(
      ([, escaped2, plain]) => (escaped2 ?? plain)?.codePointAt(0) ?? 0
    );
    return low > high ? "" : `\\u{${low.toString(16)}}-\\u{${high.toString(16)}}`;
  });
  return `[${isNegated ? "^" : ""}${ranges.join("")}]`;
}
function literal(character) {
  return character.replace(/[.*+?^${}()|[\]\\/]/u, "\\$&");
}

// src/text/closest-word.ts
function closestWord(text3, words2) {
  const written = normalized(text3);
  if (written === "" || written.length > 40) return void 0;
  const distances = words2.map((word2) => ({ word: word2, distance: typingErrors(written, normalized(word2)) }));
  const [closest] = distances.sort((a, b) => a.distance - b.distance);
  if (closest === void 0) return void 0;
  return closest.distance <= Math.max(1, Math.floor(normalized(closest.word).length / 3)) ? closest.word : void 0;
}
function normalized(text3) {
  return text3.toLowerCase().replaceAll(/[\s_-]/g, "");
}
function typingErrors(a, b) {
  let [beforeLast, last] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const wrong = a[i - 1] === b[j - 1] ? 0 : 1;
      const [above2 = 0, left = 0, diagonal = 0] = [last[j], row[j - 1], last[j - 1]];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (beforeLast[j - 2] ?? 0) + 1 : Infinity;
      row.push(Math.min(above2 + 1, left + 1, diagonal + wrong, swapped));
    }
    ;
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}

// src/gosettings/flag-values.ts
function splitQuoted(list5) {
  const element = /[ \t\r\n]*(?:'([^']*)'|"([^"]*)"|([^'" \t\r\n][^ \t\r\n]*))/y;
  const elements = [];
  while (/[^ \t\r\n]/.test(list5.slice(element.lastIndex))) {
    const match = element.exec(list5);
    if (match === null) return void 0;
    elements.push(match[1] ?? match[2] ?? match[3] ?? "");
  }
  return elements;
}
function joinQuoted(elements) {
  return elements.map((element) => {
    if (!/^$|^['"]|[ \t\r\n]/.test(element)) return element;
    return element.includes("'") ? `"${element}"` : `'${element}'`;
  }).join(" ");
}
var oldFlags = words(
  `C a asan asmflags bench benchmem benchtime blockprofile blockprofilerate buildmode buildvcs c cache compat compiled
  compiler count cover covermode coverpkg coverprofile cpu cpuprofile d debug-actiongraph debug-runtime-trace debug-trace
  deps dropexclude dropreplace droprequire dropretract dropuse e exclude exec export f failfast find fix fmt fullpath fuzz
  fuzzcache fuzzminimizetime fuzztime gccgoflags gcflags go i insecure installsuffix json ldflags linkshared list m
  memprofile memprofilerate mod modcache modcacherw modfile module msan mutexprofile mutexprofilefraction n o outputdir
  overlay p parallel pgo pkgdir print r race replace require retract retracted reuse run short shuffle skip t tags test
  testcache timeout toolchain toolexec trace trimpath u use v vendor versions vet vettool w work x`
);
var newerFlags = words("artifacts changed diff dropgodebug dropignore droptool fixtool godebug ignore tool");
var booleanFlags = words("a asan buildvcs cover linkshared modcacherw msan n race trimpath v work x");
var valueFlags = words(
  `asmflags buildmode compiler covermode coverpkg gccgoflags gcflags installsuffix ldflags mod modfile overlay p pgo pkgdir
  tags toolexec`
);
var allowedValues = {
  mod: ["", "readonly", "vendor", "mod"],
  compiler: ["gc", "gccgo"],
  covermode: ["set", "count", "atomic"],
  buildmode: ["default", "archive", "c-archive", "c-shared", "exe", "pie", "plugin", "shared"]
};
var lastValueOnly = ["mod", "buildmode"];
function flagFault({ name, value }, isLast = true) {
  if (name === "C") return "must not be in GOFLAGS: Go accepts -C only as the first flag on a command line";
  if (booleanFlags.includes(name)) return booleanFault(name, value);
  if (!valueFlags.includes(name)) return void 0;
  const allowed = allowedValues[name];
  if (allowed !== void 0) {
    if (value !== void 0 && (allowed.includes(value) || !isLast && lastValueOnly.includes(name)))
      return void 0;
    return choiceFault(name, value, allowed);
  }
  if (value === void 0) return `needs a value, as in -${name}=…`;
  if (name === "p") return isLast || !isInteger(value) ? countFault(value) : void 0;
  if (/^(?:asm|gc|gccgo|ld)flags$/.test(name)) return patternFlagsFault(name, value);
  const isSplit = name === "toolexec" || name === "tags" && /[ ']/.test(value);
  return isSplit && splitQuoted(value) === void 0 ? "has an unclosed quote in its value" : void 0;
}
function booleanFault(name, value) {
  if (value === void 0 || /^(?:1|t|T|true|True|TRUE|0|f|F|false|False|FALSE)$/.test(value))
    return void 0;
  if (name !== "buildvcs") return `must be -${name}, -${name}=true or -${name}=false`;
  return value === "auto" ? void 0 : "must be -buildvcs=auto, -buildvcs=true or -buildvcs=false";
}
function choiceFault(name, value, allowed) {
  const nonEmpty = allowed.filter((word2) => word2 !== "");
  const closest = closestWord(value ?? "", nonEmpty);
  const list5 = nonEmpty.map((word2) => `-${name}=${word2}`);
  const all2 = `must be ${list5.slice(0, -1).join(", ")} or ${list5.at(-1)}`;
  return closest === void 0 ? all2 : `${all2}: did you mean \`-${name}=${closest}\`?`;
}
function patternFlagsFault(name, value) {
  const text3 = value.trim();
  const equals = text3.indexOf("=");
  if (text3 === "") return void 0;
  if (!text3.startsWith("-") && equals < 1) return `must begin with a dash or a pattern, as in -${name}=all=-…`;
  const flags = text3.startsWith("-") ? text3 : text3.slice(equals + 1);
  const isQuoted = /^['"]/.test(text3);
  return isQuoted || splitQuoted(flags) === void 0 ? "has an unclosed quote in its value" : void 0;
}
function isInteger(value) {
  return /^[+-]?(?:0x(?:_?[\da-f])+|0b(?:_?[01])+|0o(?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?\d)*)$/i.test(value);
}
function countFault(value) {
  const isPositive = isInteger(value) && !value.startsWith("-") && /[1-9a-f]/i.test(value.replace(/^\+?0[xbo]/i, ""));
  return isPositive ? void 0 : "must be a positive whole number";
}
function words(text3) {
  return text3.split(/\s+/);
}

// src/gosettings/goflags.ts
function readGoflags(text3) {
  const entries = splitQuoted(text3);
  if (entries === void 0) return { fault: notClosed };
  const fault = firstFault(entries, entryFault);
  return fault === void 0 ? { value: joinQuoted(entries) } : { fault };
}
var notClosed = "a quote is not closed: put quotes around a whole flag";
var notFlag = "is not a flag: join a value to its flag as in -tags=name, with quotes around the whole if it holds blanks";
function firstFault(entries, faultOf2) {
  const elementFault = (index, fault) => `element ${index + 1} ("${shown(entries[index] ?? "")}") ${fault}`;
  const isStray = (index) => index < entries.length && flagOf(entries[index] ?? "") === void 0;
  for (const [index, entry] of entries.entries()) {
    const flag2 = flagOf(entry);
    if (flag2 === void 0) return elementFault(index, notFlag);
    const fault = faultOf2(flag2, index);
    if (fault !== void 0 && flag2.value === void 0 && isStray(index + 1))
      return elementFault(index + 1, notFlag);
    if (fault !== void 0) return elementFault(index, fault);
  }
  return void 0;
}
function flagOf(entry) {
  const [, name, value] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(entry) ?? [];
  return name === void 0 ? void 0 : { name, value };
}
function entryFault(flag2) {
  const { name, value } = flag2;
  if (/[^\w.-]/.test(name) || value !== void 0 && holdsAnotherFlag(name, value)) {
    return "holds a separator: flags are separated by blanks";
  }
  if (/^['"]/.test(value ?? "") && !isSplitAgain(name, value ?? "")) {
    return `has a quote inside: Go reads it as part of the value, so put quotes around the whole, as in '-${name}=…'`;
  }
  return flagFault(flag2);
}
function isSplitAgain(name, value) {
  const splits2 = name === "exec" || name === "toolexec" || name === "tags" && /['\s]/.test(value);
  return splits2 && splitQuoted(value) !== void 0;
}
function holdsAnotherFlag(name, value) {
  return name === "tags" ? /[,;|]-/.test(value) : /^(?:true|false|mod|readonly|vendor)[,;|]/.test(value);
}
function shown(entry) {
  return redactedGoproxy(/^--?mod=\w*$/.test(entry) ? entry : entry.replace(/=.*$/s, "=…"));
}

// src/inputs/credentials.ts
var bearerWord = /^bearer:/i;
var usersOfTokens = [
  [/(?:^|\.)bitbucket\.org$/, "x-token-auth"],
  [/(?:^|\.)gitlab\./, "oauth2"]
];
var defaultUser = "x-access-token";
function readCredentials(text3) {
  const credentials = [];
  const linesWithoutSecret = [];
  const faults = [];
  for (const [index, line] of text3.split(/\r\n|\r|\n/).entries()) {
    const [address, ...secrets] = line.trim().split(/[ \t]+/);
    if (address === void 0 || address === "" || address.startsWith("#")) continue;
    const fault = (what) => faults.push(`line ${index + 1} ${what}`);
    const notation = lineFault(line.trim(), secrets);
    if (notation !== void 0) {
      fault(notation);
      continue;
    }
    const target = readAddress(address);
    const [first = ""] = secrets;
    const isBearer = bearerWord.test(first);
    const words2 = isBearer ? [first.replace(bearerWord, ""), ...secrets.slice(1)].filter(Boolean) : secrets;
    const sameTarget = credentials.filter((one) => one.host === target.host && one.path === target.path);
    const secretFault = faultOfSecrets(words2, isBearer);
    if ("fault" in target) fault(target.fault);
    else if (words2.length === 0 || !isBearer && words2.length === 1 && /[ \t]$/.test(line) && !isToken.test(first))
      linesWithoutSecret.push(index + 1);
    else if (secretFault !== void 0) fault(secretFault);
    else if (sameTarget.some(({ user }) => user === void 0 === isBearer))
      fault("names a host and path that an earlier line names");
    else {
      const [password = "", user = userOf(target.host)] = [...words2].reverse();
      credentials.push({ ...target, user: isBearer ? void 0 : user, password, line: index + 1 });
    }
  }
  return { credentials, linesWithoutSecret, faults };
}
var isToken = /^(?:gh[opusr]_|github_pat_|gl[a-z]{2,6}-|AT[BC][A-Z]T?)\w/;
function lineFault(line, secrets) {
  const [first = ""] = secrets;
  const address = line.slice(0, /[ \t]|$/.exec(line)?.index);
  const write3 = "write `HOST TOKEN` or `HOST USER SECRET`";
  if (/^[[{]/.test(line)) return `is JSON: ${write3}`;
  if (/^-$/.test(address)) return `begins with a dash: ${write3} alone`;
  if (/^["'`]/.test(line) || /^(["'`]).*\1$/.test(secrets.at(-1) ?? ""))
    return `has quotes, which would become part of the secret: ${write3} without them`;
  if (address === "machine" || first === "login") return `is in the notation of a netrc file: ${write3}`;
  if (/\$\{\{/.test(line))
    return "has an expression that was not evaluated: expressions work only under `with:`";
  if (secrets.some((word2) => /^\$(?:[A-Z_][A-Z\d_]*|\{\w+\})$/.test(word2)))
    return "has a shell variable, which is not expanded: write `HOST ${{ secrets.NAME }}`";
  if (secrets.some((word2) => /^\*+$/.test(word2))) return "has asterisks in place of a secret, as in a log";
  if (/^[=:]$|^[=-]>$/.test(first) || /^[^=/]+=/.test(address))
    return `joins host and secret with a sign: ${write3}, separated by blanks`;
  if (!/@|^(?:git|ssh|https?):/i.test(address) && /^[^:/]+:(?!\d{1,5}(?:\/|$))|:$/.test(address)) {
    return /\./.test(address.split(":")[0] ?? "") ? `has a colon after its host, but no port: ${write3}, separated by blanks` : `does not begin with a host, but with a word and a colon: ${write3}`;
  }
  if (/^(?:https:\/\/)?[^/]*\*/i.test(address)) return "has a `*` in its host: write one line per host";
  if (/\/\*+\/?$/.test(address))
    return "has a `*` in its path: remove it, because a path also covers everything below it";
  if (/[,;|]$/.test(address) || /^[,;|]/.test(first)) return `has a separator after its host: ${write3}`;
  if (/[^\S \t]|[\u200b\u2060\ufeff]/.test(line))
    return `has an invisible character other than a space or tab: ${write3}`;
  return void 0;
}
function faultOfSecrets(words2, isBearer) {
  const [first = ""] = words2;
  if (words2.length > (isBearer ? 1 : 2)) {
    return isBearer ? "has a blank in the token after `bearer:`" : `has ${words2.length + 1} words`;
  }
  if (words2.length < 2) {
    return !isBearer && first.includes(":") ? "has a colon in its token: write `HOST USER SECRET`, with a blank between user and secret" : void 0;
  }
  if (/^bearer$/i.test(first))
    return 'has the user "bearer": write a bearer token as `bearer:TOKEN`, with a colon';
  if (/^basic$/i.test(first))
    return 'has the user "basic": write user and secret in plain text, not as base64';
  return first.includes(":") ? "has a user with a colon, which HTTP does not allow" : void 0;
}
function readAddress(text3) {
  if (/^http:/i.test(text3)) return { fault: "begins with http:, but credentials are sent only over https" };
  if (/^(?:ssh:|git[:@])/i.test(text3))
    return { fault: "begins with an ssh address, but credentials are for https: use `ssh-private-key`" };
  const bare = text3.replace(/^https:\/\//i, "");
  if (bare.includes("@")) return { fault: "has an @ in its first word, which must be a host" };
  const [, host = "", path24 = ""] = /^([^/]*)\/?(.*?)\/*$/.exec(bare) ?? [];
  const isHost2 = /^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?)(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*(?::\d{1,5})?$/i.test(
    host
  );
  if (!isHost2 || !(/[.:]/.test(host) || host === "localhost")) return { fault: "does not begin with a host" };
  if (!/^[\w.~%+-]*(?:\/[\w.~%+-]+)*$/.test(path24)) return { fault: "has an invalid path" };
  return { host: host.toLowerCase(), path: path24 };
}
function userOf(host) {
  const name = host.replace(/:\d+$/, "");
  return usersOfTokens.find(([pattern]) => pattern.test(name))?.[1] ?? defaultUser;
}

// src/gosettings/download-base.ts
var example = 'write it as in "https://mirror.example.com/go"';
function readDownloadBase(text3) {
  const address = text3.trim();
  if (address === "") return { value: "" };
  const fault = addressFault(address);
  if (fault !== void 0) return { fault: `it ${fault}` };
  const value = address.replace(/^https?/i, (scheme) => scheme.toLowerCase()).replace(/\/+$/, "");
  return URL.canParse(value) ? { value } : { fault: "it has no valid host" };
}
function addressFault(address) {
  if (!/^https?:\/\//i.test(address)) return `is not an https or http address: ${example}`;
  const rest = address.slice(address.lastIndexOf("@") + 1);
  if (/\s/.test(address)) return "holds a blank: write one address, with a blank in its path as %20";
  if (/[?#]/.test(rest)) return `has a query or fragment: it must end with its path, so ${example}`;
  if (/^http:\/\/.*@/i.test(address)) {
    return "sends a user name or password unencrypted over http: use https";
  }
  return urlFault(address);
}

// src/gosettings/goauth.ts
function readGoauth(text3) {
  const commands = splitCommands(text3);
  for (const [index, command] of commands.entries()) {
    const fault = commandFault(command, commands.length === 1);
    const shown2 = redactedGoproxy(command.split(/\s/)[0] ?? "").replace(/=.*/s, "=…");
    if (fault !== void 0) return { fault: `element ${index + 1} ("${shown2}") ${fault}` };
  }
  return { value: commands.join(";") };
}
function splitCommands(text3) {
  const list5 = text3.trim().replaceAll(/\s*;?\s*[\r\n]\s*;?\s*/g, ";");
  return list5 === "" ? [] : list5.split(";").map((command) => command.trim());
}
function commandFault(command, isAlone) {
  const words2 = command.split(/\s+/);
  const [method = "", directory2 = ""] = words2;
  switch (method) {
    case "":
      return "is empty, which Go refuses";
    case "off":
      return isAlone && words2.length === 1 ? void 0 : "must stand alone";
    case "netrc":
      return words2.length === 1 ? void 0 : "takes no argument: the variable NETRC names the file";
    case "git":
      if (words2.length !== 2) return "needs one directory to run git in, without blanks and quotes";
      return isAbsolute2(directory2) ? void 0 : "needs an absolute directory: Go does not expand ~ or variables";
    default:
      return programFault(command);
  }
}
function programFault(command) {
  const program = splitQuoted(command)?.[0];
  if (program === void 0) return "has an unclosed quote (a `;` ends a command even inside quotes)";
  const word2 = /^(off|netrc|git)(?=[,|]|$)/i.exec(program)?.[0];
  if (word2 !== void 0 && word2.length < program.length)
    return "holds a separator: commands are separated by `;`";
  if (word2 !== void 0) {
    return `must be written "${word2.toLowerCase()}", without quotes: Go would run it as a program`;
  }
  if (/^(?:~|\$|%|\w+=)/.test(program))
    return "is not a program: Go runs no shell, so it does not expand ~ or variables";
  return program === "" ? "has an empty program name" : void 0;
}
function isAbsolute2(directory2) {
  return /^(?:\/|[a-z]:[\\/]|\\\\)/i.test(directory2);
}

// src/gosettings/gosumdb.ts
import { createHash as createHash2 } from "node:crypto";
function readGosumdb(text3) {
  const fields = text3.split(/\s+/).filter((field2) => field2 !== "");
  const [database, url] = fields;
  if (database === void 0) return { value: "" };
  if (text3.includes("PRIVATE+KEY+")) {
    return { fault: "it is a signer's private key: Go needs the matching verifier key" };
  }
  const fault = listFault(fields) ?? databaseFault(database, fields.length);
  if (fault !== void 0) return { fault };
  const address = url === void 0 ? void 0 : urlFault(url);
  if (address !== void 0) return { fault: `element 2 ("${redactedGoproxy(url ?? "")}") ${address}` };
  return { value: fields.join(" ") };
}
function listFault(fields) {
  if (fields.some((field2) => /[,;|]/.test(redactedGoproxy(field2)))) {
    return "it holds a separator: Go uses one database only, written as its name, a blank and its URL";
  }
  return fields.length > 2 ? `it has ${fields.length} elements: Go accepts a name or key and one URL` : void 0;
}
function databaseFault(database, fields) {
  const element = `element 1 ("${redactedGoproxy(database)}")`;
  if (database === "off") return fields === 1 ? void 0 : `${element} must stand alone`;
  if (/^(?:off|none|no|false|0|disabled?|direct)$/i.test(database)) {
    return `${element} is not a database: to use none, write "off"`;
  }
  if (database.includes("://"))
    return `${element} is a URL: the name or key of the database comes first, then a blank`;
  const [name = "", hash, ...key] = database.split("+");
  if (!isDatabaseName(name))
    return `${element} does not start with a valid name: a host, or a host and a path`;
  if (hash !== void 0) return keyFault(name, hash, key.join("+"), element);
  if (name.split(".").includes("golang")) return void 0;
  return `${element} has no key, and Go has none built in: write name+hash+key, as its operator publishes it`;
}
function isDatabaseName(name) {
  return !/[@?#%]|\/$/.test(name) && urlFault(`https://${name}`) === void 0;
}
function keyFault(name, hash, key, element) {
  const bytes = Buffer.from(key, "base64");
  const isComplete = /^[0-9a-f]{8}$/i.test(hash) && bytes.length === 33 && bytes.toString("base64") === key;
  if (!isComplete || bytes[0] !== 1)
    return `${element} has an incomplete key: write name+hash+key, as its operator publishes it`;
  const expected = createHash2("sha256").update(`${name}
`).update(bytes).digest("hex").slice(0, 8);
  return expected === hash.toLowerCase() ? void 0 : `${element} has a key that does not match its name`;
}

// src/gosettings/gotoolchain.ts
function readGotoolchain(text3) {
  const setting3 = text3.trim();
  if (setting3 === "" || setting3 === "auto" || setting3 === "path") return { value: setting3 };
  const plus = setting3.indexOf("+");
  const name = plus === -1 ? setting3 : setting3.slice(0, plus);
  const suffix = plus === -1 ? "" : setting3.slice(plus);
  const fault = /\s/.test(setting3) ? "it holds a blank: Go accepts one toolchain" : suffixFault(suffix) ?? nameFault(name, suffix);
  return fault === void 0 ? { value: setting3 } : { fault };
}
function suffixFault(suffix) {
  if (suffix === "" || suffix === "+auto" || suffix === "+path") return void 0;
  return `it ends in "${suffix}": only +auto and +path may follow a toolchain`;
}
function nameFault(name, suffix) {
  if (name === "local") return void 0;
  if (/^(?:local|auto|path)$/i.test(name)) {
    if (suffix === "" || /^local$/i.test(name)) return `"${name}" must be written in lower case`;
    return `"${name}" cannot be followed by "${suffix}": only local or a release can`;
  }
  const corrected = /^v?\d/i.test(name) ? `go${name.replace(/^v/i, "")}` : name.replace(/^go/i, "go");
  const release = releaseOf(corrected);
  if (release === name) return void 0;
  if (release !== void 0) return `"${name}" is not a toolchain: write "${release}${suffix}"`;
  return `"${name}" is not a toolchain: Go accepts local, auto, path or a release such as "go1.25.0"`;
}
function releaseOf(name) {
  const version2 = parseGoVersion(name);
  if (version2 === void 0 || !name.startsWith("go1.")) return void 0;
  if (compareGoVersions(name, "go1.21") < 0) return name.replace(/^(go1\.\d+)\.0$/, "$1");
  const isLanguage = version2.patch === "" && version2.kind === "" && !name.includes("-");
  return isLanguage ? `${name}.0` : name;
}

// src/gosettings/govcs.ts
function readGovcs(text3) {
  const before = [];
  const value = [];
  for (const [index, rule2] of splitRules(text3).entries()) {
    const [pattern = "", ...names] = rule2.split(":").map((part) => part.trim());
    const allowed = names.join(":").split("|").map((name) => name.trim());
    const fault = ruleFault(rule2, pattern, allowed) ?? orderFault(pattern, before);
    if (fault !== void 0) return { fault: `element ${index + 1} ("${redactedGoproxy(rule2)}") ${fault}` };
    before.push(pattern);
    value.push(`${pattern}:${allowed.join("|")}`);
  }
  return { value: value.join(",") };
}
function splitRules(text3) {
  const list5 = text3.trim().replaceAll(/\s*,?\s*[\r\n]\s*,?\s*/g, ",");
  return list5 === "" ? [] : list5.split(",").map((rule2) => rule2.trim());
}
var NAMES = ["git", "hg", "svn", "bzr", "fossil", "all", "off"];
function ruleFault(rule2, pattern, allowed) {
  if (rule2 === "") return "is empty";
  if (rule2.includes("://")) return "holds a URL: write a module path, without scheme";
  if (!rule2.includes(":")) return "has no colon between pattern and version control systems";
  if (pattern === "") return "has no pattern before its colon";
  const fault = pattern === "public" || pattern === "private" ? void 0 : patternFault(pattern);
  if (fault !== void 0) return `has a pattern that ${fault}`;
  const unknown = allowed.find((name) => !NAMES.includes(name));
  if (unknown !== void 0) {
    return `allows "${unknown}": Go knows ${NAMES.join(", ")}, separated by \`|\``;
  }
  return allowed.includes("off") && allowed.length > 1 ? 'combines "off" with others: Go allows the others' : void 0;
}
function orderFault(pattern, before) {
  const covering = before.find(
    (other) => other === "*" || pattern === other || pattern.startsWith(`${other}/`)
  );
  const all2 = before.includes("public") && before.includes("private") ? '"public" and "private"' : void 0;
  const by = covering === void 0 ? all2 : `"${covering}"`;
  return by === void 0 ? void 0 : `is never reached: ${by} before it already matches, so put it first`;
}

// src/inputs/kinds.ts
var text = {
  allowed: "one line of text",
  parse: (value) => hasLineBreak(value) ? void 0 : value
};
var anyText = { allowed: "any text", parse: (value) => value };
var flag = {
  allowed: "`true` or `false`",
  parse: (value) => {
    if (["true", "True", "TRUE"].includes(value)) return true;
    if (["false", "False", "FALSE"].includes(value)) return false;
    return void 0;
  },
  suggest: (value) => suggestWord(value, ["true", "false"])
};
function choice(...words2) {
  return {
    allowed: `one of ${words2.map((word2) => `\`${word2}\``).join(", ")}`,
    parse: (value) => words2.find((word2) => word2 === value),
    suggest: (value) => suggestWord(value, words2)
  };
}
var synonymGroups = [
  ["true", "yes", "y", "on", "1", "enable", "enabled", "always"],
  ["false", "no", "n", "off", "0", "disable", "disabled", "none", "never"]
];
function suggestWord(text3, words2) {
  const plain = text3.toLowerCase().replaceAll(/["'`\s]/g, "");
  const synonyms = synonymGroups.find((group2) => group2.includes(plain)) ?? [];
  const closest = closestWord(plain, words2);
  const beginning = words2.filter((word2) => word2.length > 2 && plain.startsWith(word2));
  return words2.find((word2) => synonyms.includes(word2)) ?? closest ?? beginning.at(-1);
}
var list = {
  allowed: "values separated by line breaks or commas",
  allowsComments: true,
  parse: (value) => notationFault(value) === void 0 ? listItems(value) : void 0,
  fault: notationFault
};
function wholeNumber(min, max) {
  return {
    allowed: `a whole number from ${min} to ${max}`,
    parse: (value) => {
      if (!/^\d{1,9}$/.test(value)) return void 0;
      const number = Number(value);
      return number >= min && number <= max ? number : void 0;
    }
  };
}
var unitBytes = /* @__PURE__ */ new Map([
  ["", 1],
  ["b", 1],
  ["kb", 1e3],
  ["mb", 1e6],
  ["gb", 1e9],
  ["tb", 1e12],
  ["kib", 2 ** 10],
  ["mib", 2 ** 20],
  ["gib", 2 ** 30],
  ["tib", 2 ** 40]
]);
var byteSize = {
  allowed: "a size from 1 MB to 1 TB: a number, and B, kB, MB, GB or TB (powers of 1000) or KiB, MiB, GiB or TiB (powers of 1024), bytes without a unit",
  parse: (value) => {
    const read2 = readByteSize(value);
    return "bytes" in read2 ? read2.bytes : void 0;
  },
  fault: (value) => {
    const read2 = readByteSize(value);
    return "fault" in read2 ? read2.fault : void 0;
  }
};
function readByteSize(value) {
  const [, number = "", unit = ""] = /^([^a-z]*)(.*)$/is.exec(value) ?? [];
  const digits = number.replace(/ $/, "");
  if (!/\d/.test(digits)) return { fault: "it does not begin with a number" };
  if (!/^\d+(?:\.\d+)?$/.test(digits)) return { fault: `"${digits}" is not a number such as 500 or 1.5` };
  const factor = unitBytes.get(unit.toLowerCase());
  if (factor === void 0) return { fault: `"${unit}" is not a unit` };
  const bytes = Math.round(Number(digits) * factor);
  if (bytes < 1e6) return { fault: "that is less than 1 MB" };
  return bytes > 1e12 ? { fault: "that is more than 1 TB" } : { bytes };
}
function setting(allowed, read2, shown2) {
  return {
    allowed,
    parse: (value) => {
      const setting3 = read2(value);
      return "value" in setting3 ? setting3.value : void 0;
    },
    fault: (value) => {
      const setting3 = read2(value);
      return "fault" in setting3 ? setting3.fault : void 0;
    },
    ...shown2 === void 0 ? {} : { shown: shown2 }
  };
}
function listSetting(allowed, read2) {
  const readList = (text3) => {
    const fault = notationFault(text3);
    return fault === void 0 ? read2(text3) : { fault };
  };
  return { ...setting(allowed, readList), allowsComments: true };
}
function hasLineBreak(value) {
  return /[\r\n]/.test(value);
}
var fixFlag = "Write `true` or `false`, or omit the input.";
var fixChoice = "Use one of these values, or omit the input.";
var branches = {
  allowed: "names or globs of branches, separated by line breaks or commas",
  allowsComments: true,
  parse: (text3) => branchesFault(text3) === void 0 ? listItems(text3) : void 0,
  fault: branchesFault
};
function branchesFault(text3) {
  const notation = notationFault(text3);
  if (notation !== void 0) return notation;
  for (const [index, item] of listItems(text3).entries()) {
    const fault = branchFault(item);
    if (fault !== void 0) return `element ${index + 1} ("${item}") ${fault}`;
  }
  return void 0;
}
function branchFault(item) {
  const [, namespace, rest = ""] = /^(?:refs\/)?(heads|tags|pull|remotes)\/(.*)$/.exec(item) ?? [];
  if (item.startsWith("refs/") || namespace === "heads" || namespace === "remotes") {
    if (namespace === "tags") return "is a tag: runs on a tag never save";
    if (namespace === "pull")
      return "is the merge of a pull request: such a run saves only after a cache miss";
    return `is a full ref: write only the branch name, \`${namespace === "remotes" ? rest.replace(/^[^/]*\//, "") : rest}\``;
  }
  if (/^(?:origin|upstream)\//.test(item)) {
    return `names a branch of a clone: write \`${item.replace(/^[^/]*\//, "")}\``;
  }
  if (/^\$/.test(item)) return "is a placeholder: omit the input for the default branch";
  if (/^(?:true|false)$/i.test(item)) {
    return "is not a branch: omit the input for the default branch, or write `**` for all branches";
  }
  if (item.includes("://")) return "is a URL: write the name of a branch";
  if (item.startsWith("!")) return "begins with `!`: list only the branches that save";
  if (/\s/.test(item)) return "holds a blank: write one branch per line";
  const [invalid] = /[[\]~^:\\]|\.\.|@\{/.exec(item) ?? [];
  if (invalid !== void 0)
    return `holds "${invalid}", which no branch name contains: a glob may hold \`*\`, \`**\` and \`?\``;
  if (item.endsWith("/"))
    return `ends with a slash: write \`${item}*\`, or \`${item}**\` for everything below`;
  if (/^\/|\/\/|^\.|\/\.|\.$|\.lock$/.test(item)) return "is not a valid branch name";
  return void 0;
}

// src/inputs/go-inputs.ts
var goVersionInputs = {
  "go-version": {
    kind: text,
    fallback: "",
    help: "The Go version to use, as in actions/setup-go: a version, a range, `stable` or `oldstable`. It comes from the tool cache, or is downloaded and verified. Exports `GOTOOLCHAIN=local`, unless `gotoolchain` is set. Empty: the `go` on PATH.",
    fix: "Write it in quotes, such as '1.26', '1.26.1', '>=1.25 <1.27', 'stable' or 'oldstable'."
  },
  "go-version-file": {
    kind: text,
    fallback: "",
    help: "A file that names the Go version: `go.mod`, `go.work`, `.go-version` or `.tool-versions`, relative to the root of the checkout. `go-version` takes precedence.",
    fix: "Name one existing file, relative to the root of the checkout."
  },
  "check-latest": {
    kind: flag,
    fallback: "false",
    help: "Use the newest Go that `go-version` allows, even if the tool cache has an older one that matches.",
    fix: fixFlag
  },
  "go-download-base-url": {
    kind: setting("an http or https address without a query", readDownloadBase, redactedGoproxy),
    fallback: "",
    help: "The base address of Go downloads: a mirror of `https://go.dev/dl`. The variable `GO_DOWNLOAD_BASE_URL` has the same effect.",
    fix: "Write an https:// address without a query, such as https://go.dev/dl."
  }
};
var patterns = "module path prefixes or globs, separated by commas or line breaks, or `none`";
var fixPatterns = "Write prefixes of module paths, such as `github.com/acme/*` or `git.example.com`.";
var goSettings = {
  goproxy: {
    kind: setting(
      "proxies separated by `,` or `|`, and `off` or `direct` at the end",
      readGoproxy,
      redactedGoproxy
    ),
    fallback: "",
    help: "GOPROXY. After a `,`, Go tries the next proxy only if the module is not found; after a `|`, on any error.",
    fix: "Write it as in `https://proxy.example.com,direct`."
  },
  goprivate: {
    kind: listSetting(patterns, readModulePatterns),
    fallback: "",
    help: "GOPRIVATE: modules that Go fetches from their origin and does not look up in the checksum database. Added to the existing value; `none` replaces it.",
    fix: fixPatterns
  },
  gonoproxy: {
    kind: listSetting(patterns, readModulePatterns),
    fallback: "",
    help: "GONOPROXY: modules that Go fetches from their origin. Added to the existing value; `none` replaces it.",
    fix: fixPatterns
  },
  gonosumdb: {
    kind: listSetting(patterns, readModulePatterns),
    fallback: "",
    help: "GONOSUMDB: modules that Go does not look up in the checksum database. Added to the existing value; `none` replaces it.",
    fix: fixPatterns
  },
  gosumdb: {
    kind: setting(
      "a checksum database as `name`, `name+key` or either followed by a blank and a URL, or `off`",
      readGosumdb,
      redactedGoproxy
    ),
    fallback: "",
    help: "GOSUMDB: the checksum database.",
    fix: "Write it as in `sum.example.com+1a2b3c4d+AbCd https://proxy.example.com/sumdb`."
  },
  goinsecure: {
    kind: listSetting(patterns, readModulePatterns),
    fallback: "",
    help: "GOINSECURE: modules that Go may fetch from their origin without TLS. Added to the existing value; `none` replaces it.",
    fix: fixPatterns
  },
  govcs: {
    kind: listSetting("`pattern:vcs|vcs` entries separated by commas", readGovcs),
    fallback: "",
    help: "GOVCS: the version control systems that Go may use, by module.",
    fix: "Write it as in `github.com:git,private:all,public:off`."
  },
  goauth: {
    kind: setting("`off`, or commands separated by `;`", readGoauth, () => "(not shown)"),
    fallback: "",
    help: "GOAUTH (Go 1.24 and newer): how the go command gets credentials for https.",
    fix: "Write it as in `netrc`, `git /absolute/directory` or `/path/to/command argument`."
  },
  gotoolchain: {
    kind: setting(
      "`local`, `auto`, `path`, or a toolchain such as `go1.26.0`, optionally followed by `+auto` or `+path`",
      readGotoolchain
    ),
    fallback: "",
    help: "GOTOOLCHAIN: whether the go command may switch to another Go version.",
    fix: "Write it as in `local`, `auto` or `go1.26.0+auto`."
  },
  goflags: {
    kind: {
      ...setting("flags separated by blanks, each beginning with `-`", readGoflags),
      allowsComments: true
    },
    fallback: "",
    help: "GOFLAGS: flags for every go command. Merged with GOFLAGS of the environment; for the same flag, this input wins.",
    fix: "Write each flag as `-name` or `-name=value`; put quotes around a whole flag that holds blanks."
  }
};

// src/inputs/patterns.ts
function readPackagePatterns(text3) {
  if (/^(?:[Ff]alse|FALSE)$/.test(text3)) return { patterns: [] };
  if (/^(?:[Tt]rue|TRUE)$/.test(text3)) return { patterns: ["./..."] };
  const notation = notationFault(text3);
  if (notation !== void 0) return { fault: notation };
  const patterns2 = listItems(text3);
  for (const [index, pattern] of patterns2.entries()) {
    const fault = faultOf(pattern);
    if (fault !== void 0) return { fault: `element ${index + 1} ("${pattern}") ${fault}` };
  }
  return patterns2.length === 0 ? { fault: "it holds only separators" } : { patterns: patterns2 };
}
function faultOf(pattern) {
  if (pattern.startsWith("-")) return "is a flag: set flags in `goflags`";
  if (/\s/.test(pattern)) return "holds a blank: write one pattern per line";
  if (pattern.includes("://")) return "is a URL: write a directory such as ./cmd/...";
  if (/[*?[]/.test(pattern)) return "is a glob: write `...` for everything below, as in ./cmd/...";
  const word2 = probableWord(pattern);
  if (word2 !== void 0) return `is not a package: did you mean \`${word2}\`?`;
  if (pattern.includes("@")) return "names a version, which Go would have to fetch";
  if (/\.go$/.test(pattern)) return "is a file: name its package";
  if (/^(?:[/\\]|[a-z]:)/i.test(pattern))
    return "is an absolute path: write it relative to the module, as in ./cmd/...";
  if (pattern.split(/[/\\]/).includes("..")) return "is outside the module";
  return void 0;
}
function probableWord(pattern) {
  if (/^(?:yes|on|y)$/i.test(pattern)) return "true";
  if (/^(?:no|off|n|none)$/i.test(pattern)) return "false";
  const letters = (text3) => [...text3].sort().join("");
  const written = pattern.toLowerCase();
  return ["true", "false"].find(
    (word2) => letters(word2) === letters(written) || [...word2].some((_, index) => word2.slice(0, index) + word2.slice(index + 1) === written) || [...written].some((_, index) => written.slice(0, index) + written.slice(index + 1) === word2)
  );
}

// src/inputs/offline-inputs.ts
var bundleFile = {
  allowed: "the path of a file whose name ends in `.tar.zst`",
  parse: (value) => /^$|^[^\r\n]*[^\r\n/\\]\.tar\.zst$/.test(value) ? value : void 0
};
var sha256 = {
  allowed: "64 hexadecimal digits",
  parse: (value) => /^(?:[0-9a-f]{64})?$/i.test(value) ? value.toLowerCase() : void 0
};
var currentPlatform = "this";
var otherNames = {
  macos: "darwin",
  osx: "darwin",
  win: "windows",
  win32: "windows",
  x86_64: "amd64",
  x64: "amd64",
  aarch64: "arm64",
  i386: "386",
  x86: "386"
};
var toolchains = {
  allowed: "`true`, `false`, or platforms such as `linux/amd64`, separated by line breaks or commas",
  allowsComments: true,
  parse: (value) => {
    const isFlag = flag.parse(value);
    if (isFlag !== void 0) return isFlag ? [currentPlatform] : [];
    return toolchainsFault(value) === void 0 ? [...new Set(listItems(value))].sort() : void 0;
  },
  fault: toolchainsFault,
  suggest: (value) => suggestWord(value, ["true", "false"])
};
function toolchainsFault(value) {
  const notation = notationFault(value);
  if (notation !== void 0) return notation;
  for (const [index, item] of listItems(value).entries()) {
    const [, system = "", arch2 = ""] = /^([a-z\d]+)[/_-]([a-z\d_]+)$/i.exec(item) ?? [];
    const platform3 = [system, arch2].map((name) => otherNames[name.toLowerCase()] ?? name.toLowerCase()).join("/");
    if (platform3 === "/") return `element ${index + 1} ("${item}") is not a platform`;
    if (platform3 !== item)
      return `element ${index + 1} ("${item}") is not Go's name for it: write \`${platform3}\``;
  }
  return void 0;
}
var nameFile = "Name a file of the checkout, or give an absolute path.";
var bundleInputs = {
  "bundle-output": {
    kind: bundleFile,
    fallback: "",
    help: "Write all modules that the checkout needs into one file, for builds without a network: a path in the checkout or below RUNNER_TEMP that ends in `.tar.zst`. A `.sha256` and a `.json` file next to it contain its hash and its content.",
    fix: "Write a path such as `deps.bundle.tar.zst`."
  },
  "bundle-scope": {
    kind: choice("build", "all"),
    fallback: "build",
    help: "The modules in `bundle-output`. `build`: those that building, testing, vetting, vendoring and tidying need. `all`: also those that `go mod download all` fetches.",
    fix: fixChoice
  },
  "bundle-sumdb": {
    kind: flag,
    fallback: "false",
    help: "Include the records of the checksum database for these modules in `bundle-output`, so that Go can check them offline.",
    fix: fixFlag
  },
  "bundle-toolchain": {
    kind: toolchains,
    fallback: "false",
    help: "Include the Go that builds the modules in `bundle-output`, as a toolchain module. `true`: for this machine; or platforms such as `linux/amd64, darwin/arm64`.",
    fix: "Write `true`, or one platform per line as in `go tool dist list`."
  },
  "bundle-private": {
    kind: flag,
    fallback: "false",
    help: "Include private modules (those that GOPRIVATE, GONOPROXY or GONOSUMDB match) in `bundle-output`. Anyone who has the file can read them.",
    fix: fixFlag
  },
  bundle: {
    kind: bundleFile,
    fallback: "",
    help: "Take modules from a file that `bundle-output` wrote. The step first compares its whole content with go.sum.",
    fix: nameFile
  },
  "bundle-sha256": {
    kind: sha256,
    fallback: "",
    help: "The SHA-256 that `bundle` or `bundle-check` must have. Empty: the one in the `.sha256` file next to it, if that file exists.",
    fix: "Write the hash that `sha256sum` prints, or the output `bundle-sha256` of the job that made the file."
  },
  "bundle-into": {
    kind: choice("proxy", "module-cache"),
    fallback: "proxy",
    help: "How Go gets modules from `bundle`. `proxy`: the step unpacks it for this job and puts it first in GOPROXY. `module-cache`: the step adds its modules to GOMODCACHE, and GOPROXY stays as it is.",
    fix: fixChoice
  },
  "bundle-check": {
    kind: bundleFile,
    fallback: "",
    help: "Check that a bundle holds every module that this checkout needs, and fail if not. The step does nothing else, uses no network and needs no Go.",
    fix: nameFile
  }
};
var offlineMode = {
  allowed: "`true`, `false` or `strict`",
  parse: (value) => {
    const isOn = flag.parse(value);
    return isOn === void 0 ? choice("strict").parse(value) : isOn ? "true" : "false";
  },
  suggest: (value) => suggestWord(value, ["true", "false", "strict"])
};
var packagePatterns = {
  allowed: "`true` for all packages, `false`, or packages such as `./cmd/...`, separated by commas or line breaks",
  allowsComments: true,
  parse: (value) => {
    const read2 = readPackagePatterns(value);
    return "patterns" in read2 ? read2.patterns : void 0;
  },
  fault: (value) => {
    const read2 = readPackagePatterns(value);
    return "fault" in read2 ? read2.fault : void 0;
  }
};
var offlineInputs = {
  offline: {
    kind: offlineMode,
    fallback: "false",
    help: "`true`: this step fetches what is missing, proves that builds and tests need nothing else, and keeps all later steps from fetching modules. `strict`: this step fetches no module either.",
    fix: "Write `true`, `false` or `strict`, or omit the input."
  },
  "offline-check": {
    kind: packagePatterns,
    fallback: "false",
    help: "Fail the step if `go build`, `go vet` or `go list -deps -test` of these packages needs a network: `true` for all packages, or patterns such as `./cmd/...`. On Linux they run in a network namespace without a network, if the system allows it.",
    fix: "Write `true`, or patterns as for `go build`, one per line."
  },
  "deps-lock": {
    kind: text,
    fallback: "",
    help: "A file of the checkout with the exact list of modules and hashes, such as `deps.txt`. The step fails if it differs from go.mod, go.sum, go.work and vendor/modules.txt.",
    fix: "Name one file, relative to the root of the checkout."
  },
  "deps-lock-mode": {
    kind: choice("check", "write"),
    fallback: "check",
    help: "`check`: compare the file that `deps-lock` names. `write`: write it, unless the step fails for another reason.",
    fix: fixChoice
  }
};

// src/inputs/ssh-keys.ts
import { createPrivateKey } from "node:crypto";
var passphrase = 'has a passphrase: remove it from a copy of the key with `ssh-keygen -p -N "" -f FILE`';
var unreadable2 = "cannot be read: it is incomplete or damaged";
function privateKeyFault(label, block2) {
  if (label === "ENCRYPTED " || block2.some((line) => /^Proc-Type:.*ENCRYPTED/.test(line))) return passphrase;
  if (label === "OPENSSH ") return openSshFault(Buffer.from(block2.slice(1, -1).join(""), "base64"));
  try {
    createPrivateKey(`${block2.join("\n")}
`);
    return void 0;
  } catch {
    return unreadable2;
  }
}
function openSshFault(bytes) {
  const magic = "openssh-key-v1\0";
  if (bytes.subarray(0, magic.length).toString("latin1") !== magic) return unreadable2;
  let at = magic.length;
  const number = () => {
    at += 4;
    return at <= bytes.length ? bytes.readUInt32BE(at - 4) : Number.POSITIVE_INFINITY;
  };
  const field2 = () => {
    const length2 = number();
    at += length2;
    return at <= bytes.length ? bytes.subarray(at - length2, at) : void 0;
  };
  const [cipher, , options] = [field2(), field2(), field2()];
  if (cipher === void 0 || options === void 0) return unreadable2;
  if (cipher.toString("latin1") !== "none") return passphrase;
  const count = number();
  const [publicKey, secret] = [field2(), field2()];
  const isComplete = count === 1 && publicKey !== void 0 && secret !== void 0 && secret.length > 8;
  return isComplete && secret.readUInt32BE(0) === secret.readUInt32BE(4) ? void 0 : unreadable2;
}
function readSshAddress(text3) {
  const [first = "", second, ...more] = text3.split(/[ \t]+/);
  if (more.length > 0) return `has ${more.length + 2} words, but an address has one or two`;
  if (/^ssh:\/\//i.test(first)) {
    if (second !== void 0) return "has a second word after its ssh address";
    const server2 = readServer(first);
    return typeof server2 === "string" ? server2 : { host: server2.host, path: server2.path, server: server2 };
  }
  if (/^[\w.+-]+@[\w.-]+:/.test(first)) {
    return "has an scp-style address with `@` and `:`: write `host/path` or `ssh://user@host/path`";
  }
  const hostPath = readHostPath(first.replace(/^https:\/\//i, ""));
  if (hostPath === void 0) return "is neither a host with a path nor part of a key";
  const { host, path: path24 } = hostPath;
  if (second === void 0) {
    return host.includes(":") ? "has a port: write `ssh://user@host:port/path` for a port of ssh" : { host, path: path24, server: { user: "git", host, port: "", path: path24 } };
  }
  if (!/^ssh:\/\//i.test(second)) return "has a second word that does not begin with ssh://";
  const server = readServer(second);
  if (typeof server === "string") return server;
  return { host, path: path24, server: { ...server, path: server.path === "" ? path24 : server.path } };
}
function readServer(text3) {
  const [, user = "git", rest = ""] = /^ssh:\/\/(?:([^@/]*)@)?(.*)$/i.exec(text3) ?? [];
  if (!/^[\w.+][\w.+-]*$/.test(user)) return "has an invalid user in its ssh address";
  const hostPath = readHostPath(rest);
  if (hostPath === void 0) return "has an invalid ssh address";
  const [host = "", port = ""] = hostPath.host.split(":");
  if (Number(port) > 65535) return "has an invalid port in its ssh address";
  return { user, host, port: port === "22" ? "" : port, path: hostPath.path };
}
function readHostPath(text3) {
  const [, host = "", path24 = ""] = /^([^/]*)\/?(.*?)\/*$/.exec(text3) ?? [];
  const isHost2 = /^[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*(?::\d{1,5})?$/i.test(host);
  if (!isHost2 || !/^[^:]*\.|^localhost(?::|$)/.test(host)) return void 0;
  if (!/^[\w.~%+-]*(?:\/[\w.~%+-]+)*$/.test(path24)) return void 0;
  return { host: host.toLowerCase(), path: path24.replace(/\.git$/, "") };
}
var knownMistakes = [
  [
    /-----BEGIN [A-Z\d ]*PRIVATE KEY-----\s*\S/,
    "holds a key that has lost its line breaks: store the secret as it is in its file"
  ],
  [
    /BEGIN (?:[A-Z\d]+ )*(?:PUBLIC KEY|CERTIFICATE)-*$|^(?:sk-)?(?:ssh|ecdsa)-[a-z\d-]+(?:@openssh\.com)? +AAAA/,
    "holds a public key: use the private key, whose file has no extension"
  ],
  [
    /^PuTTY-User-Key-File/,
    "holds a key in PuTTY format: convert it with `puttygen KEY.ppk -O private-openssh -o KEY`"
  ],
  [/^LS0tLS1CRUdJTi/, "holds a key in base64: store it as it is in its file"],
  [/-----BEGIN /, "holds something other than a private key"]
];
function readSshKeys(text3) {
  const lines2 = text3.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/).map((line) => line.trim());
  const keys2 = [];
  const linesWithoutSecret = [];
  const faults = [];
  let above2;
  let isAfterFault = false;
  for (let at = 0; at < lines2.length; at++) {
    const line = lines2[at] ?? "";
    if (line === "" || line.startsWith("#")) continue;
    const number = at + 1;
    const [, label] = /^-----BEGIN ((?:[A-Z\d]+ )*)PRIVATE KEY-----$/.exec(line) ?? [];
    if (label !== void 0) {
      const end = lines2.indexOf(`-----END ${label}PRIVATE KEY-----`, at);
      const block2 = lines2.slice(at, end + 1).filter((one) => one !== "");
      const fault = end === -1 ? "has no end: its last lines are missing" : privateKeyFault(label, block2);
      if (fault !== void 0) faults.push(`the key in line ${number} ${fault}`);
      else if (above2 === void 0) {
        faults.push(
          `the key in line ${number} has no address: write its address in the line above it, such as \`github.com/acme/lib\``
        );
      } else if (above2.address !== void 0) keys2.push({ ...above2.address, key: `${block2.join("\n")}
` });
      above2 = void 0;
      isAfterFault = end === -1;
      at = end === -1 ? at : end;
      continue;
    }
    if (line === "-----BEGIN EC PARAMETERS-----") {
      at = Math.max(at, lines2.indexOf("-----END EC PARAMETERS-----", at));
      continue;
    }
    const mistake = knownMistakes.find(([pattern]) => pattern.test(line))?.[1];
    const address = mistake ?? readSshAddress(line);
    if (typeof address === "string") {
      if (!isAfterFault) faults.push(`line ${number} ${address}`);
      isAfterFault = true;
      above2 = mistake === void 0 ? { line: number, address: void 0 } : void 0;
      continue;
    }
    isAfterFault = false;
    if (above2?.address !== void 0) linesWithoutSecret.push(above2.line);
    const isDuplicate = keys2.some(({ host, path: path24 }) => host === address.host && path24 === address.path);
    if (isDuplicate) faults.push(`line ${number} names an address that another key already has`);
    above2 = { line: number, address: isDuplicate ? void 0 : address };
  }
  if (above2?.address !== void 0) linesWithoutSecret.push(above2.line);
  return { keys: keys2, linesWithoutSecret, faults };
}
function readKnownHosts(text3) {
  const lines2 = [];
  const faults = [];
  for (const [index, raw] of text3.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const fault = lineFault2(line);
    if (fault === void 0) lines2.push(line);
    else faults.push(`line ${index + 1} ${fault}`);
    if (line.includes("PRIVATE KEY")) break;
  }
  return { lines: lines2, faults };
}
function lineFault2(line) {
  if (line.includes("PRIVATE KEY")) return "holds a private key, which belongs in `ssh-private-key`";
  if (/\b(?:SHA256:|MD5:(?:[\da-f]{2}:))/.test(line)) {
    return "holds a fingerprint instead of a key: `ssh-keyscan HOST` prints the key";
  }
  const words2 = line.split(/[ \t]+/);
  const marker = line.startsWith("@") ? words2.shift() : void 0;
  if (marker !== void 0 && marker !== "@cert-authority" && marker !== "@revoked") {
    return "begins with an unknown marker";
  }
  const [hosts = "", type = "", data = ""] = words2;
  if (/^(?:ssh|ecdsa|sk)-[a-z\d-]+/.test(hosts) && type.startsWith("AAAA"))
    return "has no host before the key";
  if (data === "") return "needs a host, a key type and a key";
  const bytes = Buffer.from(data, "base64");
  const length2 = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0;
  return bytes.subarray(4, 4 + length2).toString("latin1") === type ? void 0 : "has a key that does not match its type, or is incomplete";
}

// src/inputs/private-inputs.ts
var credentialLines = {
  allowed: "lines such as `host token`, `host/path token`, `host user password` or `host bearer:token`",
  parse: (text3) => {
    const read2 = readCredentials(text3);
    return read2.faults.length === 0 ? read2 : void 0;
  },
  fault: (text3) => readCredentials(text3).faults.join(", "),
  keepsBlanks: true,
  shown: () => "(not shown)"
};
var sshKeys = {
  allowed: "private keys without a passphrase, each below a line such as `github.com/acme/lib` or `ssh://git@git.example.com:2222/team`",
  parse: (text3) => {
    const read2 = readSshKeys(text3);
    return read2.faults.length === 0 ? read2 : void 0;
  },
  fault: (text3) => readSshKeys(text3).faults.join(", "),
  keepsBlanks: true,
  shown: () => "(not shown)"
};
var knownHosts = {
  allowed: "lines of a known_hosts file, such as `git.example.com ssh-ed25519 AAAA…`",
  parse: (text3) => {
    const read2 = readKnownHosts(text3);
    return read2.faults.length === 0 ? read2 : void 0;
  },
  fault: (text3) => readKnownHosts(text3).faults.join(", "),
  keepsBlanks: true,
  // The value may be a secret that belongs to another input.
  shown: () => "(not shown)"
};
var privateInputs = {
  credentials: {
    kind: credentialLines,
    fallback: "",
    help: "Credentials for private modules and module proxies over https, one host per line: `github.com token`, `git.example.com/team token` for everything below a path, or `proxy.example.com:8443 user password`. Git and the go command use them; only the go command uses `proxy.example.com bearer:token`.",
    fix: "Write a host, a blank and a token in each line; a secret cannot contain blanks."
  },
  "ssh-private-key": {
    kind: sshKeys,
    fallback: "",
    help: "Private keys for git over ssh. Above each key, write a line with its address: `github.com/acme/lib` for a repository, `github.com/acme` for an owner, `ssh://git@git.example.com:2222/team` for another port. Go fetches modules below that address by ssh instead of https.",
    fix: "Write the address in one line, and the unchanged key in the lines below."
  },
  "ssh-known-hosts": {
    kind: knownHosts,
    fallback: "",
    help: "Host keys of the servers of `ssh-private-key`, as `ssh-keyscan` prints them, in addition to those that the machine knows. Connections to other servers fail.",
    fix: "Write a host, its key type and its key in each line, as `ssh-keyscan HOST` prints them."
  },
  "credentials-required": {
    kind: flag,
    fallback: "false",
    help: "Fail the step if `credentials` and `ssh-private-key` contain no secret. Runs for forks have none; by default they continue with a notice.",
    fix: fixFlag
  },
  "export-credentials": {
    kind: flag,
    fallback: "false",
    help: "Let later steps of the job use `credentials` and `ssh-private-key`. They get file paths, never secrets. The files are removed when the job ends.",
    fix: fixFlag
  },
  "ca-certificate": {
    kind: anyText,
    fallback: "",
    help: "A certificate authority to trust in addition to the system’s own: PEM, or the path of a PEM file. Applies to git, the go command (on Linux) and this action, in this and later steps.",
    fix: "Write certificates as PEM, or the path of a file with them."
  },
  "cache-private": {
    kind: flag,
    fallback: "false",
    help: "In a public repository, cache private modules (those that GOPRIVATE, GONOPROXY or GONOSUMDB match) and the code compiled from them. Anyone who may open a pull request can read them there.",
    fix: fixFlag
  }
};

// src/inputs/s3-inputs.ts
var bucketName = {
  allowed: "the name of a bucket: 3 to 63 lower-case letters, digits, hyphens and dots",
  parse: (value) => value === "" || bucketFault(value) === void 0 ? value : void 0,
  fault: bucketFault
};
function bucketFault(value) {
  if (/^arn:/.test(value))
    return "it is an ARN: write the name of the bucket, or the alias of the access point";
  if (/^s3:\/\//i.test(value))
    return "it is an address: write only the name, and what follows it in `s3-prefix`";
  if (value.includes("://")) return "it is an address: write it in `s3-endpoint`, and only the name here";
  if (value.includes("/")) return "it holds a slash: write what follows the name in `s3-prefix`";
  if (/--x-s3$/.test(value))
    return "it is a directory bucket, whose listing has no order: use a general purpose bucket";
  if (value.length < 3 || value.length > 63) return `it has ${value.length} characters`;
  const [invalid] = /[^a-z0-9.-]/.exec(value) ?? [];
  if (invalid !== void 0) return `it holds "${invalid}"`;
  if (!/^[a-z0-9].*[a-z0-9]$/.test(value)) return "it does not begin and end with a letter or digit";
  if (value.includes("..")) return "it holds two dots in a row";
  return /^\d+\.\d+\.\d+\.\d+$/.test(value) ? "it looks like an IP address" : void 0;
}
var region = {
  allowed: "the name of a region, such as `eu-west-1`",
  parse: (value) => /^(?:[a-z0-9][a-z0-9-]{0,62})?$/.test(value) && zoneFault(value) === void 0 ? value : void 0,
  fault: zoneFault
};
function zoneFault(value) {
  return /^[a-z]{2}-[a-z-]+-\d[a-z]$/.test(value) ? "it is an availability zone: omit its last letter" : void 0;
}
var endpoint = {
  allowed: "an http or https address without path, user name and password, such as `https://minio.example.com:9000`",
  parse: (value) => {
    if (value === "") return "";
    return endpointFault(value) === void 0 ? new URL(value).origin : void 0;
  },
  fault: endpointFault,
  shown: (value) => value.replace(/\/\/.*@/s, "//***@").replace(/[?#].*$/s, "?***")
};
function endpointFault(value) {
  if (!/^https?:\/\//i.test(value))
    return value.includes("://") ? "it is not an http or https address" : "it does not begin with `https://`";
  if (!URL.canParse(value)) return "it has no valid host";
  const url = new URL(value);
  if (url.username !== "" || url.password !== "")
    return "it holds a user name or password: put the keys into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
  if (url.search !== "" || url.hash !== "") return "it has a query or fragment";
  return url.pathname === "/" ? void 0 : "it has a path: write the bucket in `s3-bucket`";
}
var mostPrefix = 200;
var prefix = {
  allowed: `at most ${mostPrefix} letters, digits, \`.\`, \`_\`, \`-\` and \`/\``,
  parse: (value) => prefixFault(value) === void 0 ? value.replace(/\/$/, "") : void 0,
  fault: prefixFault
};
function prefixFault(value) {
  if (/^s3:\/\//i.test(value)) return "it is an address: write the bucket in `s3-bucket`";
  const [invalid] = /[^A-Za-z0-9._/-]/.exec(value) ?? [];
  if (invalid !== void 0) return `it holds ${JSON.stringify(invalid)}`;
  if (value.startsWith("/")) return "it begins with a slash";
  if (value.includes("//")) return "it holds two slashes in a row";
  if (value.split("/").some((part) => /^\.{1,2}$/.test(part))) return "a part of it consists of dots";
  return value.length > mostPrefix ? `it has ${value.length} characters` : void 0;
}
var s3Inputs = {
  "s3-bucket": {
    kind: bucketName,
    fallback: "",
    help: "The bucket for `cache-backend: s3`. See docs/s3.md.",
    fix: "Write only the name of the bucket."
  },
  "s3-region": {
    kind: region,
    fallback: "",
    help: "The region of `s3-bucket`. Empty: the region in the endpoint, or `AWS_REGION`, or `AWS_DEFAULT_REGION`; for a server other than AWS, `us-east-1`.",
    fix: "Write the name of the region in which the bucket was created."
  },
  "s3-endpoint": {
    kind: endpoint,
    fallback: "",
    help: "The address of an S3-compatible server. Empty: `AWS_ENDPOINT_URL_S3`, or `AWS_ENDPOINT_URL`, or AWS.",
    fix: "Write it as in `https://minio.example.com:9000`, or omit the input for AWS."
  },
  "s3-prefix": {
    kind: prefix,
    fallback: "go-deps-action",
    help: "The start of the names of all objects in `s3-bucket`: up to 200 ASCII letters, digits, `.`, `_`, `-` and `/`. Empty: the default.",
    fix: "Write it as in `caches/go`."
  }
};

// src/inputs/inputs.ts
var declarations = {
  "working-directory": {
    kind: text,
    fallback: ".",
    help: "The directory of the checkout in which to look for Go modules.",
    fix: "Name one existing directory, relative to the root of the checkout."
  },
  modules: {
    kind: list,
    fallback: "",
    help: "Module directories or globs below `working-directory`, one per line; a leading `!` excludes. Empty, or only exclusions: the `go.work` or `go.mod` in that directory; without one, every tracked `go.mod` below it.",
    fix: "Name directories with a go.mod or go.work, or globs that match some; exclude some with `!`."
  },
  ...goVersionInputs,
  dependencies: {
    kind: choice("auto", "download", "vendor", "none"),
    fallback: "auto",
    help: "`auto`: nothing for a vendored repository, otherwise download the modules that the restored cache does not have. `download`: the same, for vendored modules too. `vendor`: download, run `go mod vendor` or `go work vendor`, and export GOFLAGS with `-mod=vendor`. `none`: leave downloads to later steps.",
    fix: fixChoice
  },
  cache: { kind: flag, fallback: "true", help: "Turns all caching on or off.", fix: fixFlag },
  "cache-modules": {
    kind: flag,
    fallback: "true",
    help: "Turns caching of the module cache (GOMODCACHE) on or off.",
    fix: fixFlag
  },
  "cache-build": {
    kind: flag,
    fallback: "true",
    help: "Turns caching of the build cache (GOCACHE) on or off.",
    fix: fixFlag
  },
  "cache-mode": {
    kind: choice("auto", "write", "read", "write-only", "none"),
    fallback: "auto",
    help: "What this run may do with the cache, with the values of GitHub’s own `cache-mode`. `auto` decides by event and branch. Never more than `ACTIONS_CACHE_MODE` allows.",
    fix: fixChoice
  },
  "cache-backend": {
    kind: choice("auto", "github", "toolkit", "s3"),
    fallback: "auto",
    help: "How this action reaches the cache service. `github` speaks version 2 of GitHub’s cache service itself, and no tar unpacks an entry. `toolkit` uses @actions/cache, for servers that speak version 1. `auto` takes what the server offers. `s3` keeps entries in your own bucket instead (docs/s3.md). Each finds only the entries that it saved.",
    fix: fixChoice
  },
  ...s3Inputs,
  "cache-key": {
    kind: text,
    fallback: "",
    help: "An extra part of both keys that separates variants of one job.",
    fix: "Write it as one line of text."
  },
  "cache-zips": {
    kind: choice("auto", "true", "false"),
    fallback: "auto",
    help: "Keep the module zips in the entry. Only a plain `go mod download` needs them; `auto` keeps them after a step of the job has downloaded them again.",
    fix: fixChoice
  },
  "cache-save-on-failure": {
    kind: flag,
    fallback: "false",
    help: "Save the build cache of a failed job too. Modules are saved after a failed job anyway, if none is missing.",
    fix: fixFlag
  },
  "cache-save-branches": {
    kind: branches,
    fallback: "",
    help: "Branches whose runs save, as names or globs (`*` does not match `/`, `**` does). Empty: the default branch.",
    fix: "Name branches without `refs/heads/`, one per line."
  },
  "cache-max-size": {
    kind: byteSize,
    fallback: "2 GB",
    help: "Maximum stored size of an entry. A larger one is cut, with a warning: least recently used objects and zips are dropped first, then the largest objects and modules.",
    fix: "Write a number and a unit, such as `500 MB` or `2 GB`."
  },
  "fail-on-cache-miss": {
    kind: choice("false", "true", "modules", "build"),
    fallback: "false",
    help: "Fail the step if no entry is found, not even by a fallback, before it downloads modules. `true` counts each cache that is on, `modules` and `build` only that one. No answer of the cache service counts as a miss, too.",
    fix: fixChoice
  },
  "lookup-only": {
    kind: flag,
    fallback: "false",
    help: "Only find out which entries exist, and set the outputs. The step sets up Go, but restores and saves nothing, and downloads no modules.",
    fix: fixFlag
  },
  verify: {
    kind: flag,
    fallback: "true",
    help: "Compare every restored module with go.sum, before any go command runs. `false` uses the content of the entry unchecked.",
    fix: fixFlag
  },
  "on-corrupt": {
    kind: choice("heal", "fail"),
    fallback: "heal",
    help: "What happens when a restored module differs from go.sum. `heal`: it is discarded and downloaded again; if the hash still differs, the step fails. `fail`: the step fails and names it.",
    fix: fixChoice
  },
  "check-vendor": {
    kind: flag,
    fallback: "false",
    help: "Fail the step if a committed vendor directory differs from the output of `go mod vendor`. The step changes nothing in the checkout.",
    fix: fixFlag
  },
  "check-tidy": {
    kind: flag,
    fallback: "false",
    help: "Fail the step if `go mod tidy` would change a go.mod or go.sum. The step changes nothing in the checkout.",
    fix: fixFlag
  },
  "test-cache": {
    kind: choice("keep", "expire", "stable"),
    fallback: "keep",
    help: "What happens to Go’s cached test results. `keep`: they are restored with the build cache. `expire`: every test runs; compiled packages are reused. `stable`: files that tests read get mtimes derived from their content, so that results outlive a fresh checkout.",
    fix: fixChoice
  },
  ...goSettings,
  ...privateInputs,
  ...offlineInputs,
  ...bundleInputs,
  retries: {
    kind: wholeNumber(0, 10),
    fallback: "3",
    help: "How often a download is retried after a 429, a 5xx, a timeout or a failed connection. A refusal such as 403, or a wrong checksum, is never retried.",
    fix: "Write a number within these bounds, or omit the input."
  },
  summary: {
    kind: choice("always", "on-problem", "never"),
    fallback: "always",
    help: "When the job summary is written. `on-problem`: only if something failed or could not be used.",
    fix: fixChoice
  },
  "dry-run": {
    kind: flag,
    fallback: "false",
    help: "Only print the plan, with a reason for every line.",
    fix: fixFlag
  },
  matrix: {
    kind: anyText,
    fallback: "${{ toJSON(matrix) }}",
    help: "Filled in by the runner: distinguishes the legs of a matrix.",
    fix: "Omit the input.",
    hidden: true
  },
  "job-status": {
    kind: anyText,
    fallback: "${{ job.status }}",
    help: "Filled in by the runner: the result of the job so far.",
    fix: "Omit the input.",
    hidden: true
  },
  "sub-action": {
    kind: choice("none", "restore"),
    fallback: "none",
    help: "Filled in by this action: the sub-action that runs.",
    fix: "Omit the input.",
    hidden: true
  }
};
function variableOf(name) {
  return `INPUT_${name.replaceAll(" ", "_").toUpperCase()}`;
}

// src/inputs/save-inputs.ts
var cachingInputs = [
  "working-directory",
  "modules",
  "cache",
  "cache-modules",
  "cache-build",
  "cache-mode",
  "cache-backend",
  "s3-bucket",
  "s3-region",
  "s3-endpoint",
  "s3-prefix",
  "cache-key",
  "cache-zips",
  "cache-save-on-failure",
  "cache-save-branches",
  "cache-max-size"
];
var inputsOfCacheSave = ["path", "key", "upload-chunk-size", "enableCrossOsArchive"];
function foreignInputsOfSave(environment) {
  if ((environment.GITHUB_ACTION_PATH ?? "") !== "") return [];
  return [...inputsOfCacheSave, ...cachingInputs].filter(
    (name) => (environment[variableOf(name)] ?? "").trim() !== ""
  );
}

// src/auth/missing-secrets.ts
function withoutSecretInputs(variables2) {
  const names = ["credentials", "ssh-private-key"].map(variableOf);
  return withVariables(variables2, Object.fromEntries(names.map((name) => [name, void 0])));
}

// src/cache/archive/hash-files.ts
import { createHash as createHash4 } from "node:crypto";

// src/gofiles/h1.ts
import { createHash as createHash3 } from "node:crypto";
function treeHashOf(files) {
  const sorted = files.map((file) => ({ ...file, bytes: Buffer.from(file.name) })).sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  const hash = createHash3("sha256");
  for (const { name, sha256: sha2562 } of sorted) hash.update(`${sha2562}  ${name}
`);
  return `h1:${hash.digest("base64")}`;
}

// src/platform/workers.ts
import { availableParallelism } from "node:os";
import { parentPort, Worker } from "node:worker_threads";

// src/platform/entry-url.ts
function entryUrl(name) {
  const isSource = import.meta.url.endsWith(".ts");
  return new URL(isSource ? `../${name}.ts` : `./${name}.mjs`, import.meta.url);
}

// src/platform/uninterrupted.ts
import { isMainThread, workerData } from "node:worker_threads";
var states = { free: 0, busy: 1, stopped: 2 };
var longestCall = 5e3;
function stoppableThread() {
  return { stoppable: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) };
}
var own = isMainThread ? void 0 : workerData?.stoppable;
function stopBetweenCalls({ stoppable }) {
  const end = performance.now() + longestCall;
  while (Atomics.compareExchange(stoppable, 0, states.free, states.stopped) === states.busy && performance.now() < end)
    Atomics.wait(stoppable, 0, states.busy, 100);
}

// src/platform/workers.ts
var WorkerTimeout = class extends ActionError {
  constructor(message) {
    super("worker-timeout", message);
  }
};
var threadCost = 4e6;
var fileCost = 16 * 1024;
function estimateWork({ files, bytes }) {
  return bytes + files * fileCost;
}
function isWorthThreads(work) {
  return work >= threadCost;
}
function processors() {
  return availableParallelism();
}
async function runWorkers(count, work, prepare, seconds) {
  if (!isWorthThreads(work)) return runHere(prepare());
  const threads = Array.from({ length: count }, stoppableThread);
  const workers = threads.map(startWorker);
  const stop = () => threads.forEach(stopBetweenCalls);
  process.prependOnceListener("exit", stop);
  let timer;
  const timeout = seconds === void 0 ? void 0 : new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new WorkerTimeout(`it took more than ${seconds} s`)),
      seconds * 1e3
    );
  });
  timeout?.catch(() => {
  });
  try {
    const answers = workers.map(answersOf);
    for (const answer of answers) answer.catch(() => {
    });
    const jobs = prepare();
    workers.forEach((worker, index) => {
      worker.postMessage(jobs.filter((_, job) => job % count === index));
    });
    const byWorker = await Promise.race([Promise.all(answers), ...timeout === void 0 ? [] : [timeout]]);
    return jobs.map((_, job) => byWorker[job % count]?.[Math.floor(job / count)]);
  } finally {
    clearTimeout(timer);
    stop();
    process.off("exit", stop);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
async function runHere(jobs) {
  const { handlers } = await import(entryUrl("worker").href);
  return runAll(jobs, handlers);
}
function runAll(jobs, handlers) {
  return jobs.map((job) => {
    const handler = handlers[job.task];
    if (handler === void 0) throw new Error(`unknown task ${job.task}`);
    return handler(job.data);
  });
}
function startWorker(workerData2) {
  const resourceLimits = { maxYoungGenerationSizeMb: 2 };
  return new Worker(entryUrl("worker"), { execArgv: [], resourceLimits, workerData: workerData2 });
}
function answersOf(worker) {
  return new Promise((resolve6, reject) => {
    worker.once("message", resolve6);
    worker.once("messageerror", reject);
    worker.once("error", reject);
    worker.once("exit", (code2) => reject(new Error(`a worker thread ended with code ${code2} and no answer`)));
  });
}

// src/cache/archive/hash-files.ts
var pieceSize = 1024 * 1024;
function hashBuffer() {
  return Buffer.allocUnsafe(pieceSize);
}
function hashFile(file, buffer) {
  const fd = openToRead(file);
  try {
    const hash = createHash4("sha256");
    for (let left = fstat(fd).size; ; ) {
      const count = read(fd, buffer, 0, buffer.length);
      hash.update(buffer.subarray(0, count));
      left -= count;
      if (count === 0 || left <= 0) return hash.digest("hex");
    }
  } finally {
    close(fd);
  }
}
var costOfHashing = 1 / 8;
async function treeHash(directory2, name, without = /* @__PURE__ */ new Set()) {
  const files = filesBelow(directory2).map((file) => sized(directory2, file)).filter(({ file }) => !without.has(file));
  const threads = Math.max(1, Math.min(4, processors()));
  const work = estimateWork({ files: files.length, bytes: files.reduce((sum2, { size }) => sum2 + size, 0) });
  const digests = await runWorkers(
    threads,
    work,
    () => share(files, threads).map((part) => {
      const data = { directory: directory2, files: part.map(({ file }) => file) };
      return { task: "hash-files", data };
    })
  );
  return treeHashOf(digests.flat().map(({ file, sha256: sha2562 }) => ({ name: `${name}/${file}`, sha256: sha2562 })));
}
function sized(directory2, file) {
  const stats = lstat2(`${directory2}/${file}`);
  if (stats?.isFile() !== true) throw new Error(`${file} is neither a file nor a directory`);
  return { file, size: stats.size };
}
var fileWeight = 16 * 1024;
function share(files, parts) {
  const total2 = files.reduce((sum2, { size }) => sum2 + size + fileWeight, 0);
  const shares = Array.from({ length: parts }, () => []);
  let done = 0;
  for (const file of files) {
    shares[Math.min(parts - 1, Math.floor(done / total2 * parts))]?.push(file);
    done += file.size + fileWeight;
  }
  return shares;
}

// src/cache/archive/manifest.ts
import { createHash as createHash5 } from "node:crypto";

// src/cache/archive/tar.ts
var blockSize = 512;
var endLength = 2 * blockSize;
var largestTime = 8 ** 11 - 1;
var largestPlainSize = 8 ** 11 - 1;
var checksum = { at: 148, digits: 6 };
var typeAt = 156;
var variableEnd = typeAt + 1;
var template = Buffer.alloc(blockSize);
template.write("0000000\x000000000\0", 108, "latin1");
template.write(" ".repeat(8), checksum.at, "latin1");
template.write("ustar\x0000", 257, "latin1");
template.write("0000000\x000000000\0", 329, "latin1");
var fixedSum = template.subarray(variableEnd).reduce((sum2, byte) => sum2 + byte, 0);
var scratch = Buffer.alloc(8 * blockSize);

// src/cache/archive/paths.ts
var reservedName = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i;
var forbiddenOnWindows = /[\x00-\x1f<>:"|?*]/;
var hiddenCharacter = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
var longest = 4096;
var dottedSegment = /(?:^|\/)\.{0,2}(?:\/|$)/;
function pathProblem(path24, platform3) {
  if (path24.length > longest) return `has more than ${longest} characters`;
  if (path24.includes("\0")) return "holds a NUL";
  if (path24.includes("\\")) return "holds a backslash";
  if (path24.includes("�") || !path24.isWellFormed()) return "is not valid Unicode";
  if (hiddenCharacter.test(path24)) return "holds a control character or an invisible character";
  if (path24.startsWith("/")) return "is absolute";
  if (/^[A-Za-z]:/.test(path24)) return "begins with a drive letter";
  if (dottedSegment.test(path24)) return "has an empty, . or .. part";
  return platform3 === "win32" ? windowsProblem(path24) : void 0;
}
function windowsProblem(path24) {
  if (forbiddenOnWindows.test(path24)) return "holds a character that Windows forbids";
  for (const segment of path24.split("/")) {
    if (/[. ]$/.test(segment)) return "has a part that ends with a dot or a space";
    if (reservedName.test(segment)) return "has a part that Windows reserves";
  }
  return void 0;
}

// src/cache/archive/units.ts
function unitsProblem(units, platform3) {
  const names = /* @__PURE__ */ new Set();
  for (const { name } of units) {
    if (name === "" || names.has(name)) return `the unit name ${JSON.stringify(name)} is empty or not unique`;
    if (hiddenCharacter.test(name))
      return `the unit name ${JSON.stringify(name)} holds a control character or an invisible character`;
    names.add(name);
  }
  const roots = /* @__PURE__ */ new Set();
  for (const root2 of units.flatMap((unit) => unit.roots)) {
    const problem = pathProblem(root2, platform3) ?? (roots.has(root2) ? "is listed twice" : void 0);
    if (problem !== void 0) return `the root ${JSON.stringify(root2)} ${problem}`;
    roots.add(root2);
  }
  const sorted = [...roots].map((root2) => root2.replaceAll("/", "\0")).sort();
  const inner = sorted.findIndex((root2, index) => index > 0 && root2.startsWith(`${sorted[index - 1]}\0`));
  if (inner === -1) return void 0;
  const [outer, root] = sorted.slice(inner - 1, inner + 1).map((one) => JSON.stringify(one.replaceAll("\0", "/")));
  return `the root ${root} is inside another root, ${outer}`;
}
function assignShards(weights, shards) {
  const loads = new Array(shards).fill(0);
  const assigned = new Array(weights.length).fill(0);
  const heaviestFirst = [...weights.entries()].sort(([i, a], [j, b]) => b - a || i - j);
  for (const [unit, weight] of heaviestFirst) {
    const lightest = loads.indexOf(Math.min(...loads));
    assigned[unit] = lightest;
    loads[lightest] = (loads[lightest] ?? 0) + weight;
  }
  return assigned;
}

// src/cache/archive/manifest.ts
var schema = 1;
var manifestName = "manifest.json";
var partialSuffix = ".partial";
var frameSize = 2 * 1024 * 1024;
var largestPacked = frameSize + frameSize / 256;
var shardLimits = { fewest: 2, most: 64 };
var packKinds = ["modules", "build", "toolchain", "bundle"];
function shardName(index) {
  return `shard-${index}.tar.zst`;
}
function encodeManifest(manifest) {
  const content = JSON.stringify({ schema, ...manifest });
  return `{"sha256":"${contentHash(content)}","manifest":${content}}
`;
}
function entryLength(manifest) {
  return Buffer.byteLength(encodeManifest(manifest)) + sum(manifest.shards.map(({ length: length2 }) => length2));
}
function contentHash(content) {
  return createHash5("sha256").update(content).digest("hex");
}
function decodeManifest(text3, platform3) {
  const [, hash, content] = /^\{"sha256":"([0-9a-f]{64})","manifest":(.*)\}\n$/s.exec(text3) ?? [];
  if (content === void 0) throw damaged("is not in the format of this action");
  if (contentHash(content) !== hash) throw damaged("does not match its SHA-256");
  const fields = object(parse(content), "content");
  if (fields.schema !== schema) throw damaged(`has schema ${JSON.stringify(fields.schema)}, not ${schema}`);
  const kind = packKinds.find((known) => known === fields.kind);
  if (kind === void 0) throw damaged(`has the unknown kind ${JSON.stringify(fields.kind)}`);
  if (!("about" in fields)) throw damaged("has no metadata");
  const shards = list2(fields.shards, "shards").map(decodeShard);
  if (shards.length < shardLimits.fewest || shards.length > shardLimits.most) {
    throw damaged(`lists ${shards.length} shards`);
  }
  const units = list2(fields.units, "units").map((unit) => decodeUnit(unit, shards.length));
  const problem = unitsProblem(units, platform3);
  if (problem !== void 0) throw damaged(`is invalid: ${problem}`);
  const files = total(fields, "files", shards);
  const bytes = total(fields, "bytes", shards);
  const omitted = "omitted" in fields ? { omitted: integer(fields.omitted, "omitted", 1) } : {};
  return { kind, about: fields.about, units, files, bytes, ...omitted, shards };
}
function decodeUnit(value, shards) {
  const unit = object(value, "unit");
  const roots = list2(unit.roots, "roots").map((root) => text2(root, "root"));
  return {
    name: text2(unit.name, "name of a unit"),
    roots,
    shard: integer(unit.shard, "shard", 0, shards - 1)
  };
}
function decodeShard(value, index) {
  const shard = object(value, "shard");
  if (shard.name !== shardName(index))
    throw damaged(`has ${JSON.stringify(shard.name)} as the name of shard ${index}`);
  const sha2562 = text2(shard.sha256, "sha256");
  if (!/^[0-9a-f]{64}$/.test(sha2562)) throw damaged(`has no SHA-256 of ${shard.name}`);
  const frames = list2(shard.frames, "frames").map(decodeFrame);
  const length2 = integer(shard.length, "length");
  if (length2 !== sum(frames.map((frame) => frame.packed)))
    throw damaged(`has different lengths for ${shard.name} and its frames`);
  return {
    name: shard.name,
    length: length2,
    sha256: sha2562,
    files: integer(shard.files, "files"),
    bytes: integer(shard.bytes, "bytes"),
    frames
  };
}
function decodeFrame(value) {
  const frame = object(value, "frame");
  const raw = integer(frame.raw, "raw", 0, frameSize);
  if (raw % blockSize !== 0)
    throw damaged(`has a frame of ${raw} bytes, which is not a whole number of blocks`);
  return { packed: integer(frame.packed, "packed", 1, largestPacked), raw };
}
function total(fields, name, shards) {
  const value = integer(fields[name], name);
  if (value !== sum(shards.map((shard) => shard[name])))
    throw damaged(`has a total of ${name} that differs from its shards`);
  return value;
}
function parse(content) {
  try {
    return JSON.parse(content);
  } catch {
    throw damaged("is not JSON");
  }
}
function object(value, name) {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw damaged(`has a ${name} that is not an object`);
  return value;
}
function list2(value, name) {
  if (!Array.isArray(value)) throw damaged(`has ${name} that are not a list`);
  return value;
}
function text2(value, name) {
  if (typeof value !== "string") throw damaged(`has a ${name} that is not a string`);
  return value;
}
function integer(value, name, least = 0, most3 = Number.MAX_SAFE_INTEGER) {
  if (!Number.isSafeInteger(value) || value < least || value > most3) {
    throw damaged(`has ${JSON.stringify(value)} for ${name}`);
  }
  return value;
}
function sum(numbers) {
  return numbers.reduce((total2, number) => total2 + number, 0);
}
function damaged(problem) {
  return new CorruptArchive(`${manifestName} ${problem}`);
}
function withEntryFile(file, name, use) {
  const fd = open2(file, name);
  try {
    const status = fstat(fd);
    if (!status.isFile()) throw new CorruptArchive(`${name} is not a file`);
    return use({ fd, length: status.size });
  } finally {
    close(fd);
  }
}
function open2(file, name) {
  try {
    return openToRead(file);
  } catch (error3) {
    if (errorCode(error3) === "ENOENT") throw new CorruptArchive(`${name} is missing`);
    if (errorCode(error3) === "ELOOP") throw new CorruptArchive(`${name} is a link`);
    throw error3;
  }
}
var largestManifest = 64 * 1024 * 1024;
function readManifest(directory2) {
  const text3 = withEntryFile(`${directory2}/${manifestName}`, manifestName, ({ fd, length: length2 }) => {
    if (length2 > largestManifest) throw new CorruptArchive(`${manifestName} has ${length2} bytes`);
    const bytes = Buffer.alloc(length2);
    return bytes.toString("utf8", 0, read(fd, bytes, 0, length2));
  });
  return decodeManifest(text3, platform());
}
function writeManifest(directory2, manifest) {
  const bytes = Buffer.from(encodeManifest(manifest));
  const target = `${directory2}/${manifestName}`;
  const fd = createFile(`${target}${partialSuffix}`);
  try {
    write(fd, bytes);
  } finally {
    close(fd);
  }
  renamePatiently(`${target}${partialSuffix}`, target);
  return bytes.length;
}

// src/platform/garbage.ts
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
var mostGarbage = 4 * 1024 * 1024;
var garbage = 0;
var collect;
function recordShortLived(bytes) {
  garbage += bytes;
  if (garbage < mostGarbage) return;
  garbage = 0;
  collect ??= exposeCollector();
  collect();
}
function exposeCollector() {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  return () => gc?.({ type: "minor" });
}

// src/cache/archive/open-entry.ts
function openFolder(directory2) {
  const manifest = readManifest(directory2);
  const places = manifest.shards.map(({ name }) => ({ file: `${directory2}/${name}` }));
  return { manifest, places, bytes: entryLength(manifest), done: Promise.resolve(), stop: () => void 0 };
}

// src/gofiles/cache-layout.ts
function isDownloadPath(root) {
  return root.startsWith("cache/download/");
}
function isPartOfGo(name) {
  return /^golang\.org\/(?:toolchain|fips140)(?:\/v[0-9]+)?@/i.test(name);
}
function moduleRoot(root) {
  const [, escapedPath, escapedVersion, kind] = /^cache\/download\/(.+)\/@v\/([^/]+)\.(info|mod|ziphash|zip)$/.exec(root) ?? [];
  if (escapedPath === void 0 || escapedVersion === void 0) {
    const tree = splitTreeDirectory(root);
    return tree === void 0 ? void 0 : { name: moduleVersionName(tree), kind: "tree" };
  }
  try {
    const [path24, version2] = [unescapePath(escapedPath), unescapeVersion(escapedVersion)];
    return { name: moduleVersionName({ path: path24, version: version2 }), kind };
  } catch {
    return void 0;
  }
}
function hashedName(root) {
  const module = moduleRoot(root);
  if (module?.kind === "tree") return module.name;
  return module?.kind === "mod" ? "go.mod" : void 0;
}
var testExpiry = "testexpire.txt";

// src/platform/shared-ring.ts
var slots = { filled: 0, taken: 1, state: 2 };
var states2 = { open: 0n, ended: 1n, failed: 2n };
var RingFailed = class extends ActionError {
  constructor() {
    super("ring-failed", "the other side of the transfer failed");
  }
};
function createRings(lengths) {
  const changes = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  return lengths.map((length2) => ({
    room: new SharedArrayBuffer(length2),
    positions: new SharedArrayBuffer(3 * BigInt64Array.BYTES_PER_ELEMENT),
    changes
  }));
}
function filledUpTo(ring) {
  return Number(load(ring, slots.filled));
}
function takenUpTo(ring) {
  return Number(load(ring, slots.taken));
}
function hasEnded(ring) {
  const state = load(ring, slots.state);
  if (state === states2.failed) throw new RingFailed();
  return state === states2.ended;
}
function setFilled(ring, position) {
  store(ring, slots.filled, BigInt(position));
}
function setTaken(ring, position) {
  store(ring, slots.taken, BigInt(position));
}
function failRing(ring) {
  store(ring, slots.state, states2.failed);
}
function copyIn({ room }, position, bytes) {
  const view = new Uint8Array(room);
  for (let done = 0; done < bytes.length; ) {
    const at = (position + done) % room.byteLength;
    const count = Math.min(bytes.length - done, room.byteLength - at);
    view.set(bytes.subarray(done, done + count), at);
    done += count;
  }
}
function bytesAt({ room }, position, length2) {
  return Buffer.from(room, position % room.byteLength, length2);
}
async function nextChange({ changes }, seen) {
  const answer = Atomics.waitAsync(new Int32Array(changes), 0, seen, longestWait);
  if (answer.async) await answer.value;
}
function changesOf({ changes }) {
  return Atomics.load(new Int32Array(changes), 0);
}
var longestWait = 1e3;
function load({ positions }, slot) {
  return Atomics.load(new BigInt64Array(positions), slot);
}
function store(ring, slot, value) {
  Atomics.store(new BigInt64Array(ring.positions), slot, value);
  const changes = new Int32Array(ring.changes);
  Atomics.add(changes, 0, 1);
  Atomics.notify(changes, 0);
}

// src/gofiles/go-sum.ts
function decodeSums({ trees, goMods }) {
  const decode = (hashes2) => new Map(hashes2.map(([name, h1s]) => [name, new Set(h1s)]));
  return { trees: decode(trees), goMods: decode(goMods) };
}

// src/cache/entries.ts
import * as path10 from "node:path";

// src/cache/archive/pack.ts
function walkUnit(base, unit, isExcluded) {
  const paths = [];
  const faults = [];
  let [files, bytes] = [0, 0];
  function walk(path24, isRoot) {
    if (isExcluded(path24)) return;
    const problem = pathProblem(path24, "any");
    if (problem !== void 0) {
      faults.push({ path: path24, why: problem });
      return;
    }
    const status = lstatIn(`${base}/${path24}`);
    if (status === void 0) {
      if (isRoot) faults.push({ path: path24, why: "is missing" });
    } else if (status.isFile()) {
      paths.push(path24);
      files++;
      bytes += status.size;
    } else if (status.isDirectory()) {
      const [before, at] = [files, paths.length];
      paths.push(`${path24}/`);
      for (const name of namesIn(`${base}/${path24}`)) attempt(`${path24}/${name}`, false);
      if (files === before) paths.length = at;
    } else faults.push({ path: path24, why: "is neither a file nor a directory" });
  }
  function attempt(path24, isRoot) {
    try {
      walk(path24, isRoot);
    } catch (error3) {
      faults.push({ path: path24, why: `cannot be read: ${error3.message}` });
    }
  }
  for (const root of unit.roots) attempt(root, true);
  return { paths, files, bytes, faults };
}
var fileWeight2 = 4096;
function shardCount({ shards }) {
  const count = shards ?? Math.min(4, Math.max(shardLimits.fewest, processors()));
  if (count >= shardLimits.fewest && count <= shardLimits.most) return count;
  throw new Error(`cannot pack into ${count} shards`);
}
async function packEntry(request) {
  const { directory: directory2 } = request;
  const names = Array.from({ length: shardCount(request) }, (_, shard) => shardName(shard));
  ensureEmptyDirectory(directory2);
  const { manifest, ...packed } = await packShards(
    request,
    names.map((name) => ({ file: `${directory2}/${name}` }))
  );
  writeManifest(directory2, manifest);
  return packed;
}
function packIntoRings(request, rings) {
  return packShards(
    request,
    rings.map((ring) => ({ ring }))
  );
}
async function packShards(request, targets) {
  const seconds = elapsed();
  const { base, kind, metadata: about, mtimeSeconds } = request;
  const count = targets.length;
  const units = [...request.units].sort((a, b) => a.name < b.name ? -1 : 1);
  const problem = unitsProblem(units, "any");
  if (problem !== void 0) throw new Error(`cannot pack: ${problem}`);
  const onFault = request.onFault ?? "fail";
  const found = [];
  const lost = /* @__PURE__ */ new Set();
  const contents = units.flatMap((unit) => {
    const content = walkUnit(base, unit, request.exclude ?? (() => false));
    const [fault] = content.faults;
    if (fault === void 0) return [{ unit, content }];
    if (onFault === "fail") throw new Error(faultText(fault));
    found.push(...onFault === "leave-out-unit" ? [fault] : content.faults);
    if (onFault === "leave-out-file") return [{ unit, content }];
    lost.add(unit.name);
    return [];
  });
  const weights = contents.map(({ content: { files: files2, bytes: bytes2 } }) => bytes2 + files2 * fileWeight2);
  const shardOf = assignShards(weights, count);
  const placed2 = contents.map(
    ({ unit: { name, roots } }, index) => ({ name, roots, shard: shardOf[index] ?? 0 })
  );
  const work = contents.reduce((sum2, { content }) => sum2 + estimateWork(content), 0);
  const packed = await runWorkers(
    count,
    work,
    () => Array.from({ length: count }, (_, shard) => {
      const data = {
        base,
        units: contents.filter((_2, unit) => shardOf[unit] === shard).map((one) => toPack(one, request)),
        onFault,
        verifyBuildObjects: request.verifyBuildObjects === true,
        target: targets[shard],
        mtimeSeconds
      };
      return { task: "pack-shard", data };
    })
  );
  const total2 = (field2) => packed.reduce((sum2, shard) => sum2 + shard[field2], 0);
  const shards = packed.map(({ length: length2, sha256: sha2562, files: files2, bytes: bytes2, frames }, index) => ({
    name: shardName(index),
    ...{ length: length2, sha256: sha2562, files: files2, bytes: bytes2, frames }
  }));
  for (const [name, fault] of packed.flatMap(({ unitsLeftOut }) => unitsLeftOut)) {
    lost.add(name);
    found.push(fault);
  }
  const [files, bytes] = [total2("files"), total2("bytes")];
  const kept = placed2.filter(({ name }) => !lost.has(name));
  const faults = [...found, ...packed.flatMap(({ filesLeftOut }) => filesLeftOut)];
  const omitted = faults.length === 0 ? {} : { omitted: faults.length };
  const manifest = { ...{ kind, about, units: kept, files, bytes, shards }, ...omitted };
  return {
    manifest,
    files,
    bytes,
    packedBytes: entryLength(manifest),
    skipped: total2("skipped"),
    unitsLeftOut: [...lost].sort(),
    faults,
    seconds: seconds()
  };
}
function toPack({ unit: { name, roots }, content }, { expected }) {
  return { name, roots, paths: content.paths, expected: expected?.get(name) ?? [] };
}
function faultText({ path: path24, why }) {
  const isPlain = /^[^"\\\uFFFD]*$/.test(path24);
  return `cannot pack ${isPlain ? path24 : JSON.stringify(path24)}: it ${why}`;
}

// src/cache/archive/entry-source.ts
function entrySource(request, maxBytes) {
  let packed;
  const isWorthSaving = (result) => {
    packed = result;
    return result.files > 0 && result.packedBytes <= maxBytes;
  };
  return {
    shards: shardCount(request),
    maxBytes,
    toFolder: async (directory2) => isWorthSaving(await packEntry({ ...request, directory: directory2 })),
    toRings: async (rings) => {
      const { manifest, ...result } = await packIntoRings(request, rings);
      return isWorthSaving(result) ? manifest : void 0;
    },
    packed: () => packed
  };
}

// src/cache/key.ts
import { createHash as createHash6 } from "node:crypto";
var separator = "-";
var incomplete = ".part";
function incompleteKey(full) {
  const [first = "", ...others] = full.split(separator);
  return [`${first}${incomplete}`, ...others].join(separator);
}
function keyWithDigest(full, digest) {
  return `${full}${separator}${digest}`;
}
function shortHash(values) {
  return createHash6("sha256").update(JSON.stringify(values)).digest("hex").slice(0, 12);
}

// src/cache/outcomes.ts
function cacheWarning(outcomes) {
  const errors = new Set(outcomes.map((outcome) => outcome?.error ?? "").filter((error3) => error3 !== ""));
  if (errors.size === 0) return void 0;
  return `The cache did not work, and the job continues without it: ${[...errors].join("; ")}`;
}

// src/cache/save-rules.ts
var all = ["modules", "build", "toolchain"];
function rule(id, caches, when, text3, more = {}) {
  return { id, caches, when, text: text3, ...more };
}
var saveRules = [
  rule("saved-before", all, "A step with `save` has saved it", "a step with `save` has saved it", {
    holds: ({ saved }, _, cache) => saved?.includes(cache) === true,
    isUpToDate: true
  }),
  rule("restores-only", all, "The step uses `restore`", "this step only restores", {
    holds: ({ restoresOnly }) => restoresOnly === true
  }),
  rule("policy", all, "This run may not save", "{policy}", { holds: ({ save }) => save === "no" }),
  rule("cancelled", all, "The job was cancelled", "the job was cancelled", {
    holds: (_, status) => status === "cancelled"
  }),
  rule("entry-found", all, "This run saves only if it finds no entry, but it found one", "{policy}", {
    holds: ({ save, modules, build }) => save === "if-nothing-found" && [modules, build].some((cache) => cache !== void 0 && cache.found !== "miss")
  }),
  rule("modules-off", ["modules"], "The module cache is off", "the module cache is off", {
    holds: ({ modules }) => modules === void 0
  }),
  rule("build-off", ["build"], "The build cache is off", "the build cache is off", {
    holds: ({ build }) => build === void 0
  }),
  rule("no-toolchain", ["toolchain"], "The installed Go builds the modules", "the installed Go is used", {
    holds: ({ toolchain }) => toolchain === void 0
  }),
  rule(
    "no-answer",
    all,
    "The cache service gave no answer to the restore",
    "the cache did not answer at the start of the job",
    { holds: (state, _, cache) => state[cache]?.unreachable === true }
  ),
  rule(
    "private-code",
    ["build"],
    "The entry would hold code of private modules, and everyone who can read the cache could read it",
    "{reason}",
    { holds: ({ build }) => build?.excluded.always === true }
  ),
  rule("job-failed", ["build"], "The job failed, unless `cache-save-on-failure` is true", "the job failed", {
    holds: ({ saveBuildOnFailure }, status) => status === "failure" && !saveBuildOnFailure
  }),
  rule(
    "job-result-unknown",
    ["build"],
    "The result of the job is unknown",
    "the result of the job is unknown",
    { holds: (_, status) => status !== "success" && status !== "failure" }
  ),
  rule(
    "list-lost",
    ["modules"],
    "A step cleared RUNNER_TEMP",
    "a step removed the list of modules in RUNNER_TEMP"
  ),
  rule("no-modules", ["modules"], "The module cache holds no module", "there are no modules to save"),
  rule(
    "earlier-use",
    ["modules"],
    "An earlier use of this action in the job saves the same modules",
    "an earlier use of this action in the job saves the same modules",
    { isUpToDate: true }
  ),
  rule(
    "other-use",
    ["build"],
    "Another use of this action in the job has saved it",
    "another use of this action in the job has saved it",
    { isUpToDate: true }
  ),
  rule(
    "other-repository",
    ["build"],
    "A job of another repository used the same directory",
    "a job of {repositories} used the same build cache at the same time"
  ),
  rule(
    "newest-unknown",
    ["modules", "build"],
    "The job failed, and the content of the newest entry is unknown",
    "the job failed, and the content of the newest entry is unknown"
  ),
  rule(
    "step-failed",
    ["modules"],
    "This step failed before all modules were there, and an entry was found",
    "this step failed, so modules may be missing"
  ),
  rule(
    "missing-modules",
    ["modules"],
    "The job failed, and modules that builds need are missing",
    "the job failed, and {missing} of {needed} required modules are missing"
  ),
  rule(
    "fewer-modules",
    ["modules"],
    "The job failed, and its entry would hold fewer modules",
    "the job failed, and its entry would hold fewer modules than the previous one ({now}, not {before})"
  ),
  rule(
    "lost-objects",
    ["build"],
    "The job failed, and objects of the previous entry are gone",
    "the job failed, and {count} objects of the previous entry are gone"
  ),
  rule(
    "failed-at-limit",
    ["build"],
    "The job failed, and the previous entry fills `cache-max-size`",
    "the job failed, and the previous entry fills `cache-max-size`"
  ),
  rule("nothing-built", ["build"], "The job built nothing", "nothing was built"),
  rule(
    "little-used",
    ["build"],
    "The job used under half of an entry that is younger than a week",
    "this run used under half of the entry, so the entry stays"
  ),
  rule("nothing-new", ["modules", "build"], "Nothing is new", "", { isUpToDate: true }),
  rule(
    "little-new",
    ["modules", "build"],
    "Under 5 % of the entry is new, and no build needs a new module",
    "under 5 % of the entry is new",
    { isUpToDate: true }
  ),
  rule("little-new-data", ["build"], "The source is the same, and under 32 kB is new", "under 32 kB is new", {
    isUpToDate: true
  }),
  rule(
    "at-limit",
    ["modules", "build"],
    "The previous entry holds as much as `cache-max-size` allows",
    "`cache-max-size` ({most}) omits {omitted}",
    { isUpToDate: true }
  ),
  rule(
    "nothing-fits",
    all,
    "Nothing fits into `cache-max-size`",
    "`cache-max-size` ({most}) omits {omitted}"
  ),
  rule(
    "toolchain-restored",
    ["toolchain"],
    "The toolchain was restored",
    "the restored toolchain is unchanged",
    { isUpToDate: true }
  ),
  rule(
    "toolchain-not-fetched",
    ["toolchain"],
    "The go command fetched no toolchain",
    "the go command fetched no toolchain"
  ),
  rule("no-service", all, "The runner has no cache service", "{reason}"),
  rule("lookup-failed", all, "The cache service does not answer the lookup", "the cache did not answer"),
  rule("exists", all, "An entry with this key exists", "an entry with this key already exists", {
    isUpToDate: true
  }),
  rule(
    "read-only",
    all,
    "The service has already denied an earlier save of this run",
    "this run may only read the cache, so nothing was packed"
  ),
  rule("nothing-packable", all, "No file can be packed", "no file can be packed"),
  rule(
    "too-large",
    all,
    "The packed entry exceeds `cache-max-size`",
    "its stored size would be {stored}, and `cache-max-size` allows {most}"
  ),
  rule("faster-job", all, "Another job saves the same entry", "another job saved the same entry first"),
  rule(
    "denied",
    all,
    "The service denies this save",
    'this run may only read the cache: the service says "{message}"'
  ),
  rule("no-tar", all, "tar, gzip or zstd is missing", "tar could not wrap the entry"),
  rule(
    "not-accepted",
    all,
    "The service does not store it",
    "the cache service did not store it; another job may have saved it first"
  ),
  rule("service-failed", all, "The cache service fails", "the cache failed"),
  rule("pack-failed", all, "The entry cannot be packed", "the entry could not be created"),
  rule("error", all, "Something else goes wrong", "something went wrong")
];
function refusalText({ rule: rule2, values = {} }) {
  const { text: text3 } = ruleOf(rule2);
  return text3.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}
function ruleOf(id) {
  const found = saveRules.find((one) => one.id === id);
  if (found === void 0) throw new Error(`there is no rule ${id}`);
  return found;
}
function refuse(refusal, error3 = "") {
  const isUpToDate = ruleOf(refusal.rule).isUpToDate === true;
  return {
    ...{ saved: false, exists: false, why: refusalText(refusal), rule: refusal.rule },
    ...{ key: "", files: 0, bytes: 0, seconds: 0, error: error3 },
    ...isUpToDate ? { upToDate: true } : {}
  };
}
function planSave(state, status) {
  const decide = (cache) => {
    const holding = saveRules.find(
      (one) => one.caches.includes(cache) && one.holds?.(state, status, cache) === true
    );
    if (holding === void 0) return { save: true, why: state.why };
    const values = { policy: state.why, reason: state.build?.excluded.why ?? "" };
    const refusal = { rule: holding.id, values };
    return { save: false, why: refusalText(refusal), refusal };
  };
  return {
    modules: decide("modules"),
    build: decide("build"),
    toolchain: decide("toolchain"),
    isWholeJob: status === "success" && state.failed !== true
  };
}

// src/text/amounts.ts
function bytesText(bytes) {
  if (bytes < 1e3) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1e3;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1e3;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
function secondsText(seconds) {
  return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
}
function rateText({ bytes, seconds }) {
  return `${bytesText(Math.round(bytes / Math.max(seconds, 1e-3)))}/s`;
}
function percentText(part, all2) {
  if (part > 0 && part * 100 < all2) return "under 1 %";
  return `${Math.floor(part * 100 / all2)} %`;
}

// src/cache/size-limit.ts
var leastShare = 0.05;
var plannedShare = 0.95;
var maxPackAttempts = 5;
var growth = 1.2;
function exceedsLimit({ packedBytes, bytes }, most3) {
  const values = { stored: bytesText(packedBytes), most: bytesText(most3) };
  return { ...refuse({ rule: "too-large", values }), tooLarge: { stored: packedBytes, unpacked: bytes } };
}
function limitWarning(title, { all: all2, count, wanted, most: most3, cost }) {
  return `${title}: ${all2} would take about ${bytesText(wanted)} when stored, and \`cache-max-size\` allows ${bytesText(most3)}. The entry omits the ${count} largest, and every run ${cost}. To make everything fit, set ${setting2(wanted)}.`;
}
function nothingFitsWarning(title, { all: all2, wanted, most: most3, cost }) {
  return `${title}: nothing is saved, and every run ${cost}. ${all2} would take about ${bytesText(wanted)} when stored, and \`cache-max-size\` allows only ${bytesText(most3)}. To make everything fit, set ${setting2(wanted)}.`;
}
function limitRefusal(rule2, omitted, most3) {
  return { rule: rule2, values: { omitted, most: bytesText(most3) } };
}
function setting2(wanted) {
  return `\`cache-max-size: ${Math.ceil(wanted * growth / 1e6)} MB\``;
}

// src/cache/entries.ts
function writeAccess() {
  let known = "unknown";
  let pending;
  return {
    enter: async () => {
      while (known === "unknown" && pending !== void 0) await pending;
      if (known === "denied") return void 0;
      const { promise, resolve: resolve6 } = Promise.withResolvers();
      pending = promise;
      const end = (result) => {
        if (known === "unknown") known = result;
        pending = void 0;
        resolve6();
      };
      return { granted: () => end("granted"), denied: () => end("denied"), ended: () => end("unknown") };
    }
  };
}
async function saveEntry({ store: store2, folder, access: access2 = writeAccess() }, key, why, request, most3) {
  if (store2.unavailable !== void 0)
    return refuse({ rule: "no-service", values: { reason: store2.unavailable } }, store2.unavailable);
  const seconds = elapsed();
  const existing = await store2.holds(key);
  if (existing.kind === "failed") return { ...refuse({ rule: "lookup-failed" }, existing.why), key };
  if (existing.kind === "exists")
    return { ...refuse({ rule: "exists" }), ...{ key, exists: true, seconds: seconds() } };
  const attempt = await access2.enter();
  if (attempt === void 0) return { ...refuse({ rule: "read-only" }), key, seconds: seconds() };
  const scratch2 = makePrivateDirectory(path10.join(folder, "save-"));
  try {
    const source = entrySource(request, most3);
    const answer = await store2.save(key, source, path10.join(scratch2, "entry"), attempt.granted);
    if (answer.kind === "denied") attempt.denied();
    const packed = source.packed();
    logPackFaults(packed?.faults ?? []);
    if (answer.kind === "withdrawn") return { ...withdrawal(packed, most3), key, seconds: seconds() };
    const { files = 0, packedBytes: bytes = 0 } = packed ?? {};
    const share2 = packed === void 0 || packed.bytes === 0 ? 0 : bytes / packed.bytes;
    const outcome = { key, files, bytes, share: share2, seconds: seconds() };
    if (answer.kind === "saved") {
      const transfer = answer.figures === void 0 ? {} : { transfer: answer.figures };
      return { ...outcome, ...transfer, saved: true, exists: false, why, error: "" };
    }
    return { ...storeRefusal(answer), ...outcome };
  } catch (error3) {
    return { ...refuse({ rule: "pack-failed" }, error3.message), key, seconds: seconds() };
  } finally {
    attempt.ended();
    removeIfPossible(scratch2);
  }
}
function withdrawal(packed, most3) {
  return packed === void 0 || packed.files === 0 ? refuse({ rule: "nothing-packable" }) : exceedsLimit(packed, most3);
}
function storeRefusal(answer) {
  switch (answer.kind) {
    case "failed":
      return refuse({ rule: "service-failed" }, answer.why);
    case "outrun":
      return refuse({ rule: "faster-job" });
    case "denied":
      return refuse({ rule: "denied", values: { message: answer.message } });
    case "not-wrapped":
      return refuse(
        { rule: "no-tar" },
        `tar could not wrap the entry for the cache service: ${answer.message}. On this runner, install tar and gzip, or tar and zstd with zstdmt`
      );
    case "not-saved":
      return refuse({ rule: "not-accepted" }, answer.message);
  }
}
var maxLoggedFaults = 20;
function logPackFaults(faults) {
  for (const { path: file, why } of faults.slice(0, maxLoggedFaults))
    info2(`Omitted from the entry: ${file} ${why}`);
  if (faults.length > maxLoggedFaults) info2(`Omitted from the entry: ${faults.length - maxLoggedFaults} more`);
}

// src/cache/gocache/listing.ts
import { Buffer as Buffer2 } from "node:buffer";

// src/testcache/collect.ts
import * as path13 from "node:path";

// src/testcache/match.ts
function groupNames(names, inWorkspace, testDirectories2) {
  const groups = /* @__PURE__ */ new Map();
  for (const { name, opened } of names) {
    const within2 = inWorkspace(name);
    if (within2 === "elsewhere") continue;
    const { steps, below } = within2 ? { steps: "absolute", below: within2.place } : splitUpward(name);
    const group2 = groups.get(steps) ?? /* @__PURE__ */ new Map();
    groups.set(steps, group2.set(below, (group2.get(below) ?? false) || opened));
  }
  return Array.from(groups, ([steps, group2]) => ({
    bases: new Set(steps === "absolute" ? [""] : [...testDirectories2].flatMap((one) => above(one, steps))),
    names: group2,
    sorted: [...group2.keys()].sort()
  }));
}
function isNamed(place, groups) {
  let named;
  for (const [base, below] of splits(place)) {
    for (const { bases, names } of groups) {
      if (bases.has(base)) named = names.get(below) || named || (names.has(below) ? false : named);
    }
  }
  return named;
}
function namedBelow(link, groups) {
  const found = /* @__PURE__ */ new Map();
  for (const [base, below] of splits(link)) {
    for (const { bases, names, sorted } of groups) {
      if (below === "" || !bases.has(base)) continue;
      const start = `${below}/`;
      for (let at = firstFrom(sorted, start); sorted[at]?.startsWith(start); at++) {
        const name = sorted[at] ?? "";
        const rest = name.slice(start.length);
        found.set(rest, (found.get(rest) ?? false) || (names.get(name) ?? false));
      }
    }
  }
  return found;
}
function splitUpward(name) {
  const parts = name === "." ? [] : name.split("/");
  const first = parts.findIndex((part) => part !== "..");
  const steps = first < 0 ? parts.length : first;
  return { steps, below: parts.slice(steps).join("/") };
}
function above(directory2, steps) {
  const parts = directory2 === "" ? [] : directory2.split("/");
  return steps > parts.length ? [] : [parts.slice(0, parts.length - steps).join("/")];
}
function splits(place) {
  if (place === "") return [["", ""]];
  const found = [
    ["", place],
    [place, ""]
  ];
  for (let at = place.indexOf("/"); at >= 0; at = place.indexOf("/", at + 1))
    found.push([place.slice(0, at), place.slice(at + 1)]);
  return found;
}
function firstFrom(sorted, text3) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = low + high >> 1;
    if ((sorted[middle] ?? "") < text3) low = middle + 1;
    else high = middle;
  }
  return low;
}

// src/testcache/repositories.ts
import * as path11 from "node:path";
async function findRepositories(workspace, directories, variables2, isNeeded = () => true) {
  const found = /* @__PURE__ */ new Map();
  const failures = [];
  const visit = async (prefix3) => {
    const root = path11.join(workspace, prefix3.slice(0, -1));
    if (found.has(prefix3) || realPath(root) !== path11.join(realPath(workspace), path11.relative(workspace, root)))
      return;
    const index = await indexEntries(root, variables2);
    if (index.kind === "no-git") {
      failures.push(index.why);
      return;
    }
    found.set(prefix3, { root, prefix: prefix3, entries: index.entries });
    for (const { mode, path: place } of index.entries) {
      if (mode === "160000" && isNeeded(`${prefix3}${place}/`) && lstat2(path11.join(root, place, ".git")))
        await visit(`${prefix3}${place}/`);
    }
  };
  for (const prefix3 of /* @__PURE__ */ new Set(["", ...directories.map((directory2) => repositoryOf(directory2, workspace))]))
    await visit(prefix3);
  const [why] = failures;
  return found.size === 0 && why !== void 0 ? { kind: "no-git", why } : { kind: "found", repositories: [...found.values()] };
}
function repositoryOf(directory2, workspace) {
  for (let at = directory2; ; at = path11.dirname(at)) {
    const relative4 = path11.relative(workspace, at).replaceAll(path11.sep, "/");
    if (relative4 === "" || relative4.startsWith("..") || path11.isAbsolute(relative4)) return "";
    if (lstat2(path11.join(at, ".git")) !== void 0) return `${relative4}/`;
  }
}
function trackedTree(repositories) {
  const files = /* @__PURE__ */ new Map();
  const directories = /* @__PURE__ */ new Set();
  const markers = /* @__PURE__ */ new Set();
  for (const { root, prefix: prefix3, entries } of repositories) {
    if (lstat2(path11.join(root, ".git")) !== void 0) markers.add(`${prefix3}.git`);
    directories.add(prefix3.slice(0, -1));
    for (const entry of entries) {
      const place = `${prefix3}${entry.path}`;
      if (entry.mode === "160000") directories.add(place);
      else files.set(place, entry);
      for (let above2 = parentOf(place); !directories.has(above2); above2 = parentOf(above2))
        directories.add(above2);
    }
  }
  return { files, directories, markers };
}
function parentOf(place) {
  return place.slice(0, Math.max(place.lastIndexOf("/"), 0));
}

// src/testcache/test-log.ts
import * as path12 from "node:path";
var logStart = "# test log\n";
function isTestLog(bytes) {
  const begin = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(logStart.length, bytes.length));
  return begin.toString("latin1") === logStart && bytes.at(-1) === 10;
}
function testLogNames(log, platform3) {
  if (!log.startsWith(logStart)) return [];
  const names = /* @__PURE__ */ new Map();
  let directory2;
  for (const line of log.slice(logStart.length).split("\n")) {
    const space = line.indexOf(" ");
    const [operation, text3] = [line.slice(0, space), line.slice(space + 1)];
    if (space < 0 || text3 === "" || !["open", "stat", "chdir"].includes(operation)) continue;
    const name = cleaned(text3, directory2, platform3);
    if (operation === "chdir") directory2 = name;
    names.set(name, (names.get(name) ?? false) || operation === "open");
  }
  return Array.from(names, ([name, opened]) => ({ name, opened }));
}
function isAbsoluteName(name, platform3) {
  return platform3 === "win32" ? /^(?:[A-Za-z]:[\\/]|[\\/]{2}[^\\/])/.test(name) : name.startsWith("/");
}
function cleaned(name, directory2, platform3) {
  const { join: join20, normalize: normalize3 } = platform3 === "win32" ? path12.win32 : path12.posix;
  const relative4 = directory2 !== void 0 && !isAbsoluteName(name, platform3);
  const clean = relative4 ? join20(directory2, name) : normalize3(name);
  const slashed = platform3 === "win32" ? clean.replaceAll("\\", "/") : clean;
  return slashed.replace(/(?<=[^/:])\/+$/, "");
}

// src/testcache/collect.ts
async function collectTestInputs(workspace, logs, directories, variables2) {
  const found = await findRepositories(workspace, directories, variables2);
  if (found.kind === "no-git") return [];
  const tree = trackedTree(found.repositories);
  const groups = groupNames(namesIn2(logs), placesIn(workspace), testDirectories(tree));
  const named = /* @__PURE__ */ new Map();
  const add2 = (place, opened) => named.set(place, (named.get(place) ?? false) || opened);
  for (const places of [tree.files.keys(), tree.directories, tree.markers]) {
    for (const place of places) {
      const opened = isNamed(place, groups);
      if (opened !== void 0) add2(place, opened);
    }
  }
  for (const [place, opened] of throughLinks(workspace, tree, groups)) add2(place, opened);
  return Array.from(
    named,
    ([place, opened]) => opened && tree.directories.has(place) ? `${place || "."}/` : place || "."
  ).sort();
}
function namesIn2(logs) {
  const names = /* @__PURE__ */ new Map();
  for (const log of logs) {
    for (const { name, opened } of testLogNames(log, platform()))
      names.set(name, (names.get(name) ?? false) || opened);
  }
  return Array.from(names, ([name, opened]) => ({ name, opened }));
}
function placesIn(workspace) {
  const plain = (text3) => platform() === "win32" ? text3.replaceAll("\\", "/").toLowerCase() : text3;
  const tops = [...new Set([workspace, realPath(workspace)].map(plain))];
  return (name) => {
    if (!isAbsoluteName(name, platform())) return void 0;
    const top = tops.find((one) => plain(name) === one || plain(name).startsWith(`${one}/`));
    return top === void 0 ? "elsewhere" : { place: name.slice(top.length + 1) };
  };
}
function testDirectories(tree) {
  return new Set([...tree.files.keys()].filter((file) => file.endsWith("_test.go")).map(parentOf));
}
function* throughLinks(workspace, tree, groups) {
  const top = realPath(workspace);
  const placeOf = (file) => path13.relative(top, endOf(file)).replaceAll(path13.sep, "/");
  const isTracked = (place) => tree.files.has(place) || tree.directories.has(place);
  for (const [link, { mode }] of tree.files) {
    if (mode !== "120000") continue;
    const here = isNamed(link, groups);
    const below = namedBelow(link, groups);
    if (here === void 0 && below.size === 0) continue;
    const target = placeOf(path13.join(workspace, link));
    yield [link, false];
    if (here !== void 0 && isTracked(target)) yield [target, here];
    for (const [rest, opened] of below) {
      const straight = target === "" ? rest : `${target}/${rest}`;
      const end = tree.files.get(straight)?.mode === "120000" || !isTracked(straight) ? placeOf(path13.join(workspace, link, rest)) : straight;
      if (isTracked(straight)) yield [straight, false];
      if (isTracked(end)) yield [end, opened];
    }
  }
}
function endOf(file) {
  try {
    return realPath(file);
  } catch {
    return file;
  }
}

// src/cache/gocache/listing.ts
var actionText = /^v1 ([0-9a-f]{64}) ([0-9a-f]{64}) +(\d+) +(\d+)\n$/;
var actionLength = 175;
var actionName = /^([0-9a-f]{64})-a$/;
var nanosecondsInMillisecond = 1e6;
function objectDirectory(id) {
  return id.slice(0, 2);
}
function objectDirectories(gocache) {
  return namesIfReadable(gocache).filter((name) => /^[0-9a-f]{2}$/.test(name));
}
function listActions(gocache) {
  const actions = [];
  const data = /* @__PURE__ */ new Set();
  const buffer = Buffer2.alloc(actionLength + 1);
  for (const directory2 of objectDirectories(gocache)) {
    for (const name of namesIfReadable(`${gocache}/${directory2}`)) {
      if (name.endsWith("-d")) data.add(name.slice(0, -2));
      const id = actionName.exec(name)?.[1];
      const action = id === void 0 ? void 0 : readAction(`${gocache}/${directory2}/${name}`, id, buffer);
      if (action !== void 0) actions.push(action);
    }
  }
  return actions.filter(({ output }) => data.has(output));
}
function readAction(file, id, buffer) {
  const fd = openIfReadable(file);
  if (fd === void 0) return void 0;
  try {
    const status = fstat(fd);
    if (!status.isFile()) return void 0;
    const length2 = read(fd, buffer, 0, buffer.length);
    const [, named, output, size, made] = actionText.exec(buffer.toString("latin1", 0, length2)) ?? [];
    if (named !== id || output === void 0 || length2 !== actionLength) return void 0;
    return {
      id,
      output,
      size: Number(size),
      made: Number(made) / nanosecondsInMillisecond,
      used: status.mtimeMs
    };
  } finally {
    close(fd);
  }
}
function findLogs(gocache, actions) {
  return actions.filter(
    (action) => action.size >= logStart.length && withData(gocache, action, (fd) => bytesAt2(fd, logStart.length))?.toString() === logStart
  );
}
function readLogs(gocache, logs) {
  return logs.flatMap((log) => {
    const bytes = withData(gocache, log, (fd) => bytesAt2(fd, log.size));
    return bytes !== void 0 && isTestLog(bytes) ? [bytes.toString()] : [];
  });
}
function bytesAt2(fd, length2) {
  const buffer = Buffer2.alloc(length2);
  return buffer.subarray(0, read(fd, buffer, 0, length2));
}
function withData(gocache, { output }, use) {
  const fd = openIfReadable(`${gocache}/${objectDirectory(output)}/${output}-d`);
  if (fd === void 0) return void 0;
  try {
    return fstat(fd).isFile() ? use(fd) : void 0;
  } finally {
    close(fd);
  }
}

// src/cache/gocache/marker.ts
import * as path14 from "node:path";

// src/cache/gocache/metadata.ts
var emptyMetadata = {
  saved: 0,
  idle: /* @__PURE__ */ new Map(),
  whole: { bytes: 0, runsSince: 0, madeSince: 0 },
  logs: [],
  testInputs: [],
  settled: ""
};
var shortLength = 16;
function shortId(id) {
  return id.slice(0, shortLength);
}
function encodeMetadata({ idle, ...fields }) {
  return { ...fields, idle: [...idle].map(([id, { runs, lastUsed }]) => [id, runs, lastUsed]) };
}
function decodeMetadata(value) {
  if (typeof value !== "object" || value === null) return emptyMetadata;
  const { saved, idle, whole, logs, testInputs, settled: stable } = value;
  return {
    saved: typeof saved === "number" && Number.isFinite(saved) ? saved : 0,
    idle: new Map(list3(idle).flatMap(decodeIdle)),
    whole: decodeWhole(whole),
    logs: stringsIn(logs),
    testInputs: stringsIn(testInputs),
    settled: typeof stable === "string" ? stable : ""
  };
}
function decodeIdle(value) {
  const [id, runs, lastUsed] = list3(value);
  if (typeof id !== "string" || !isCount(runs) || !isCount(lastUsed)) return [];
  return [[id, { runs, lastUsed }]];
}
function decodeWhole(value) {
  const { bytes, runsSince, madeSince } = value ?? {};
  const isWhole = isCount(bytes) && isCount(runsSince) && isCount(madeSince);
  return isWhole ? { bytes, runsSince, madeSince } : emptyMetadata.whole;
}
function isCount(value) {
  return Number.isSafeInteger(value) && value >= 0;
}
function stringsIn(value) {
  return list3(value).filter((one) => typeof one === "string");
}
function list3(value) {
  return Array.isArray(value) ? value : [];
}
async function nextMetadata({ kept, idle, whole }, added, before, { directory: directory2, workspace, checkouts, stableMtimes: stable, testCache }, variables2) {
  const records = /* @__PURE__ */ new Set([...before.logs, ...added.map(({ id }) => shortId(id))]);
  const logs = kept.filter(({ id }) => records.has(shortId(id)));
  const testInputsOf = (found) => collectTestInputs(workspace, readLogs(directory2, found), checkouts, variables2).catch((error3) => {
    info2(`Cannot determine which files tests read: ${error3.message}`);
    return [];
  });
  return {
    saved: Math.floor(now() / 1e3),
    idle,
    whole,
    logs: logs.map(({ id }) => shortId(id)),
    testInputs: testCache === "stable" ? await testInputsOf(logs) : [],
    settled: stable
  };
}

// src/cache/gocache/marker.ts
var directory = "00";
var prefix2 = "go-deps-action-";
var markerName = /^go-deps-action-\w+\.json$/;
var longest2 = 16 * 1024 * 1024;
var clockSkew = 60 * 1e3;
var oldest = 5 * 24 * 60 * 60 * 1e3;
var longestJob = 6 * 60 * 60 * 1e3;
function newMarker(repository) {
  return {
    key: "",
    stored: "",
    share: 0,
    repository,
    actions: [],
    since: [],
    about: emptyMetadata,
    running: true
  };
}
function readMarker(gocache, family) {
  const file = fileOf(gocache, family);
  return now() - (lstat2(file)?.mtimeMs ?? 0) > oldest ? void 0 : readFile(file);
}
function writeMarker(gocache, family, marker) {
  try {
    const text3 = JSON.stringify({ ...marker, about: encodeMetadata(marker.about) });
    replaceFile(fileOf(gocache, family), `${text3}
`);
  } catch (error3) {
    debug2(`cannot write the marker of the build cache: ${error3.message}`);
  }
}
function readConcurrentJobs(gocache, {
  family,
  repository,
  job = ""
}, began) {
  const concurrent = /* @__PURE__ */ new Set();
  const ours = [];
  const siblings = [];
  for (const { name } of entriesOf(path14.join(gocache, directory))) {
    const file = path14.join(gocache, directory, name);
    if (!markerName.test(name) || file === fileOf(gocache, family)) continue;
    const touched = lstat2(file)?.mtimeMs ?? 0;
    if (now() - touched > oldest) removeIfPossible(file);
    const isRecent = now() - touched <= longestJob && touched <= now() + clockSkew;
    const marker = isRecent ? readFile(file) : void 0;
    if (marker === void 0) continue;
    const isSibling = job !== "" && marker.first?.job === job;
    if (isSibling && (touched >= began || isDirectory2(marker.first.folder)))
      siblings.push({ began: marker.first.began, actions: new Set(marker.actions) });
    else if (marker.repository === repository) ours.push(...marker.actions, ...marker.since);
    else if (isRepository(marker.repository) && (marker.running || touched >= began))
      concurrent.add(marker.repository);
  }
  return { repositories: [...concurrent], ours, ...siblings.length === 0 ? {} : { siblings } };
}
function fileOf(gocache, family) {
  return path14.join(gocache, directory, `${prefix2}${family}.json`);
}
function readFile(file) {
  return decodeMarker(readTextUpTo(file, longest2) ?? "");
}
function isRepository(text3) {
  return /^[\w.-]+\/[\w.-]+$/.test(text3);
}
function decodeMarker(text3) {
  try {
    const marker = JSON.parse(text3);
    if (typeof marker.key !== "string" || !Array.isArray(marker.actions)) return void 0;
    return {
      key: marker.key,
      stored: typeof marker.stored === "string" ? marker.stored : "",
      share: typeof marker.share === "number" ? marker.share : 0,
      repository: typeof marker.repository === "string" ? marker.repository : "",
      actions: stringsIn(marker.actions),
      since: stringsIn(marker.since),
      about: decodeMetadata(marker.about),
      running: marker.running === true,
      ...decodeFirst(marker.first),
      ...typeof marker.savedBy === "string" ? { savedBy: marker.savedBy } : {}
    };
  } catch {
    return void 0;
  }
}
function decodeFirst(value) {
  const { job, folder, began, key, own: own2, found } = value ?? {};
  if (typeof job !== "string" || typeof folder !== "string") return {};
  if (typeof began !== "number" || typeof key !== "string") return {};
  const result = found === "exact" || found === "partial" || found === "miss" ? found : "unknown";
  return { first: { job, folder, began, key, own: own2 === true, found: result } };
}

// src/cache/gocache/save.ts
import * as path16 from "node:path";

// src/cache/gomodcache/listing.ts
import * as path15 from "node:path";
var downloadKinds = ["info", "mod", "ziphash", "zip"];
var download = "cache/download";
function listVersions(gomodcache) {
  const faults = [];
  const attempt = (relative4, work) => {
    try {
      return work();
    } catch (error3) {
      faults.push({ path: relative4, why: `cannot be read: ${error3.message}` });
      return [];
    }
  };
  const directoriesIn = (relative4) => attempt(relative4, () => entriesOf(path15.join(gomodcache, relative4))).filter((entry) => entry.isDirectory() && !(relative4 === download && entry.name === "sumdb")).flatMap((entry) => {
    const below = `${relative4}/${entry.name}`;
    return entry.name === "@v" ? [below] : directoriesIn(below);
  });
  const versions = directoriesIn(download).flatMap(
    (directory2) => attempt(directory2, () => namesOfVersions(gomodcache, directory2)).flatMap(
      (found) => attempt(`${directory2}/${found.stem}`, () => [versionOf(gomodcache, found)])
    )
  );
  return { versions: versions.sort((a, b) => a.name < b.name ? -1 : 1), faults };
}
function listFile(version2) {
  return `${path15.posix.dirname(version2.prefix)}/list`;
}
function namesOfVersions(gomodcache, directory2) {
  const names = new Set(entriesOf(path15.join(gomodcache, directory2)).map((entry) => entry.name));
  const escapedPath = directory2.slice(download.length + 1, -"/@v".length);
  const stems = new Set(
    [...names].flatMap((name) => /^(.+)\.(?:info|mod|ziphash|zip)$/.exec(name)?.[1] ?? [])
  );
  return [...stems].flatMap((stem) => {
    const module = unescaped(escapedPath, stem);
    return module === void 0 ? [] : [{ directory: directory2, stem, module, names }];
  });
}
function unescaped(escapedPath, stem) {
  try {
    return { path: unescapePath(escapedPath), version: unescapeVersion(stem) };
  } catch (error3) {
    if (error3 instanceof ModulePathError) return void 0;
    throw error3;
  }
}
function versionOf(gomodcache, { directory: directory2, stem, module, names }) {
  const prefix3 = `${directory2}/${stem}`;
  const present = downloadKinds.filter((kind) => names.has(`${stem}.${kind}`));
  const times = present.map((kind) => [kind, lstat2(path15.join(gomodcache, `${prefix3}.${kind}`))?.mtimeMs ?? 0]);
  const tree = treeDirectory(module);
  const isWhole = names.has(`${stem}.ziphash`) && !names.has(`${stem}.partial`);
  const placed2 = isWhole ? lstat2(path15.join(gomodcache, tree))?.ctimeMs : void 0;
  return {
    name: moduleVersionName(module),
    prefix: prefix3,
    tree: placed2 === void 0 ? void 0 : tree,
    files: Object.fromEntries(times),
    hasList: names.has("list"),
    treePlaced: placed2 ?? 0
  };
}
function isModuleCached(gomodcache, name) {
  const version2 = splitModuleVersion(name);
  const prefix3 = path15.join(gomodcache, downloadPrefix(version2));
  return isFile(`${prefix3}.ziphash`) && !isFile(`${prefix3}.partial`) && lstat2(path15.join(gomodcache, treeDirectory(version2))) !== void 0;
}

// src/cache/gocache/prune.ts
var maxIdleRuns = 3;
var small = 32 * 1024;
var smallStays = 5 * 24 * 60 * 60;
var most = { entry: 1.1, leastOfWhole: 0.95 };
var mtimeGranularity = 2e3;
var mtimeInterval = 60 * 60 * 1e3;
function classifyByUse(actions, began, isHeld, isKnown = () => false) {
  const since = began - mtimeGranularity;
  const use = {
    reused: [],
    fresh: [],
    unused: []
  };
  for (const action of actions) {
    if (action.used >= since) {
      const group2 = action.made >= since ? use.fresh : use.reused;
      group2.push(action);
    } else if (action.used >= since - mtimeInterval) {
      if (isHeld(action.id) || isKnown(action.id)) use.reused.push(action);
    } else if (isHeld(action.id)) use.unused.push(action);
  }
  return use;
}
function dataBytes(actions) {
  const sizes = new Map(actions.map(({ output, size }) => [output, size]));
  let total2 = 0;
  for (const size of sizes.values()) total2 += size;
  return total2;
}
function pruneObjects(use, before, job) {
  const used = [...use.reused, ...use.fresh];
  const idleOf = (action) => {
    if (!job.sameJob) return { runs: maxIdleRuns, lastUsed: 0 };
    const { runs, lastUsed } = before.idle.get(shortId(action.id)) ?? { runs: 0, lastUsed: before.saved };
    return { runs: runs + (job.prunes ? 1 : 0), lastUsed };
  };
  const candidates = use.unused.map((action) => ({ action, idle: idleOf(action) })).filter(({ action, idle: idle2 }) => !job.prunes || staysIdle(action, idle2, job.now)).sort(
    (a, b) => Number(a.action.size > small) - Number(b.action.size > small) || b.idle.lastUsed - a.idle.lastUsed || a.action.made - b.action.made
  );
  const last = job.sameJob ? before.whole : emptyMetadata.whole;
  const whole = job.prunes ? wholeRun(use, before, job.sameJob) : last;
  const room = job.prunes ? Math.min(job.most, budget(whole)) : Number.POSITIVE_INFINITY;
  const kept = [...used];
  const idle = /* @__PURE__ */ new Map();
  const counted = new Set(used.map(({ output }) => output));
  let total2 = dataBytes(used);
  for (const candidate of candidates) {
    const { id, output, size } = candidate.action;
    const adds = counted.has(output) ? 0 : size;
    if (adds > 0 && total2 + adds > room) continue;
    counted.add(output);
    total2 += adds;
    kept.push(candidate.action);
    idle.set(shortId(id), candidate.idle);
  }
  const pruned = use.unused.filter(({ id }) => !idle.has(shortId(id)));
  return { kept, idle, pruned, whole };
}
function staysIdle({ size }, { runs, lastUsed }, now2) {
  return runs < maxIdleRuns || size <= small && now2 - lastUsed < smallStays;
}
function wholeRun({ reused, fresh, unused }, before, sameJob) {
  const used = dataBytes([...reused, ...fresh]);
  const { bytes, runsSince, madeSince } = before.whole;
  const isActive = ({ id }) => !before.idle.has(shortId(id));
  const last = bytes > 0 ? bytes : dataBytes([...reused, ...unused].filter(isActive));
  const isOver = runsSince + 1 >= maxIdleRuns;
  if (!sameJob || isOver || used >= most.leastOfWhole * last) {
    return { bytes: used, runsSince: 0, madeSince: 0 };
  }
  return { bytes: last, runsSince: runsSince + 1, madeSince: madeSince + dataBytes(fresh) };
}
function budget({ bytes, madeSince }) {
  return Math.max(most.entry * bytes, bytes + madeSince);
}
function fitUseToLimit(use, room) {
  if (dataBytes([...use.reused, ...use.fresh]) <= room) return { use, omitted: [] };
  const counted = /* @__PURE__ */ new Set();
  let total2 = 0;
  const fits = ({ output, size }) => {
    const adds = counted.has(output) ? 0 : size;
    if (total2 + adds > room) return false;
    counted.add(output);
    total2 += adds;
    return true;
  };
  const smallFirst = (actions) => [...actions].sort((a, b) => a.size - b.size || (a.id < b.id ? -1 : 1));
  const reused = smallFirst(use.reused).filter(fits);
  const fresh = smallFirst(use.fresh).filter(fits);
  const kept = /* @__PURE__ */ new Set([...reused, ...fresh]);
  return {
    use: { ...use, reused, fresh },
    omitted: [...use.reused, ...use.fresh].filter((action) => !kept.has(action))
  };
}

// src/cache/gocache/finish.ts
function readFinishedBuild({ build, began }) {
  if (build === void 0) return void 0;
  const { directory: directory2, family, repository, job = "" } = build;
  const marker = readMarker(directory2, family) ?? newMarker(repository);
  const first = job !== "" && marker.first?.job === job ? marker.first : void 0;
  const since = Math.min(began, first?.began ?? began);
  const own2 = first?.own ?? build.isExclusive;
  const concurrent = readConcurrentJobs(directory2, { family, repository, job }, since);
  const [held, known] = [new Set(marker.actions), /* @__PURE__ */ new Set([...marker.since, ...concurrent.ours])];
  const isHeld = (id) => own2 || held.has(shortId(id));
  const all2 = listActions(directory2);
  const actions = all2.filter(
    (action) => held.has(shortId(action.id)) || concurrent.siblings?.some((one) => belongsToSibling(action, one, since)) !== true
  );
  const use = classifyByUse(actions, since, isHeld, (id) => known.has(shortId(id)));
  const isAllFromSiblings = use.reused.length + use.fresh.length === 0 && actions.length < all2.length;
  const counts = {
    reused: objectAmount(use.reused),
    fresh: objectAmount(use.fresh),
    pruned: { objects: 0, bytes: 0 }
  };
  return {
    ...{
      build: first === void 0 ? build : { ...build, isExclusive: own2, key: first.key },
      marker,
      use,
      counts
    },
    ...{
      others: concurrent.repositories,
      isSaved: first !== void 0 && marker.savedBy === job || isAllFromSiblings
    }
  };
}
function belongsToSibling({ id, used }, { began, actions }, since) {
  return actions.has(shortId(id)) && (began < since || used < since || used >= began + mtimeGranularity);
}
function countLostObjects({ marker, use: { reused, fresh, unused } }) {
  const here = new Set([...reused, ...fresh, ...unused].map(({ id }) => shortId(id)));
  return marker.actions.filter((id) => !here.has(id)).length;
}
function finishBuild({ build, marker, use, others, counts }, outcome, entry = {}) {
  const held = new Set(entry.actions ?? marker.actions);
  const used = [...use.reused, ...use.fresh].map(({ id }) => shortId(id));
  const since = others.length > 0 ? marker.since : used.filter((id) => !held.has(id));
  writeMarker(build.directory, build.family, { ...marker, since, ...entry, key: build.key, running: false });
  return { counts, ...outcome };
}
function objectAmount(actions) {
  return { objects: actions.length, bytes: dataBytes(actions) };
}

// src/cache/gocache/save-threshold.ts
var leastOfSameSource = 32 * 1024;
var leastUsed = 0.5;
var oldest2 = 7 * 24 * 60 * 60;
function belowSaveThreshold(facts) {
  const { before, used, added } = facts;
  if (used.length === 0) return { rule: "nothing-built" };
  if (before === void 0 || !facts.sameJob) return void 0;
  const given = dataBytes(facts.given);
  const isYoung = Math.abs(facts.now - before.saved) < oldest2;
  const needed = facts.given.filter(({ id }) => (before.idle.get(shortId(id))?.runs ?? 0) < maxIdleRuns);
  if (facts.whole && isYoung && dataBytes(used) < leastUsed * dataBytes(needed)) {
    return { rule: "little-used" };
  }
  if (facts.stableMtimes !== "" && facts.stableMtimes !== before.settled) return void 0;
  const held = new Set(facts.given.map(({ output }) => output));
  const fresh = dataBytes(added.filter(({ output }) => !held.has(output)));
  const least = facts.sameSource ? Math.max(leastOfSameSource, leastShare * given) : leastShare * given;
  if (fresh > 0 && fresh >= least) return void 0;
  const some = fresh < leastShare * given ? "little-new" : "little-new-data";
  const little = { rule: added.length > 0 ? some : "nothing-new" };
  if (facts.sameSource) return little;
  const tests = facts.addedTests;
  if (tests > 0 && tests >= leastShare * before.logs.length) return void 0;
  return little;
}

// src/cache/gocache/save.ts
function buildPackRequest({ directory: directory2, modulePaths }, selection, metadata) {
  const wanted = pathsOf(selection);
  return {
    kind: "build",
    metadata: encodeMetadata(metadata),
    base: directory2,
    units: unitsIn(directory2, modulePaths, selection),
    exclude: (file) => {
      const [directory3 = "", object2 = "", , deeper] = file.split("/");
      if (!/^[0-9a-f]{2}$/.test(directory3) || object2 === "") return false;
      return !wanted.has(`${directory3}/${object2}`) || deeper !== void 0;
    },
    onFault: "leave-out-file",
    verifyBuildObjects: true
  };
}
function pathsOf({ kept }) {
  const paths = /* @__PURE__ */ new Set();
  for (const { id, output } of kept) {
    paths.add(`${objectDirectory(id)}/${id}-a`);
    paths.add(`${objectDirectory(output)}/${output}-d`);
  }
  return paths;
}
function unitsIn(gocache, modulePaths, { kept }) {
  const directories = new Set(
    kept.flatMap(({ id, output }) => [objectDirectory(id), objectDirectory(output)])
  );
  const extra = [...modulePaths.map((module) => `fuzz/${module}`), testExpiry].filter(
    (place) => lstat2(path16.join(gocache, place)) !== void 0
  );
  return [...directories, ...extra].map((name) => ({ name, roots: [name] }));
}
var usualShare = 0.35;
function finishWithoutSaving(state, refusal) {
  const finished = readFinishedBuild(state);
  if (finished === void 0) return refuse(refusal);
  const isKept = state.save === "yes" && !finished.build.excluded.always;
  return finishBuild(finished, refuse(refusal), isKept ? {} : { since: finished.marker.since });
}
async function saveBuild(transfer, state, job) {
  const finished = readFinishedBuild(state);
  if (finished === void 0) return refuse({ rule: "build-off" });
  const { build, marker, use } = finished;
  const { excluded } = build;
  if (fetchedExcluded(excluded))
    return finishBuild(finished, refuse({ rule: "private-code", values: { reason: excluded.why } }), {
      since: marker.since
    });
  if (finished.others.length > 0) {
    const values = { repositories: finished.others.join(", ") };
    return finishBuild(finished, refuse({ rule: "other-repository", values }));
  }
  if (finished.isSaved) return finishBuild(finished, refuse({ rule: "other-use" }));
  if (!job.whole && build.found !== "miss" && marker.stored === "")
    return finishBuild(finished, refuse({ rule: "newest-unknown" }));
  const lost = job.whole || marker.stored === "" ? 0 : countLostObjects(finished);
  if (lost > 0) return finishBuild(finished, refuse({ rule: "lost-objects", values: { count: lost } }));
  let { room, share: share2 } = firstRoom(finished, state.maxSize);
  let keepsIdle = true;
  for (let attempt = 1; ; attempt++) {
    const { use: fitting, omitted } = fitUseToLimit(use, job.whole ? room : room - dataBytes(use.unused));
    const limit = limitTexts(use, omitted, share2, state.maxSize);
    if (!job.whole && fitting.reused.length < use.reused.length)
      return finishBuild(finished, refuse({ rule: "failed-at-limit" }));
    if (omitted.length > 0 && fitting.reused.length + fitting.fresh.length === 0)
      return finishBuild(finished, { ...refuse(limit.refusal("nothing-fits")), warning: limit.nothing });
    const { logs, refusal } = checkThreshold(finished, fitting, job.whole);
    if (refusal !== void 0) {
      const outcome2 = refuse(refusal);
      const isFull = outcome2.upToDate === true && omitted.length > 0;
      const shown2 = isFull ? refuse(limit.refusal("at-limit")) : outcome2;
      return finishBuild(finished, { ...shown2, key: build.matched });
    }
    const facts = { now: now() / 1e3, prunes: job.whole, sameJob: build.sameJob, most: room };
    const all2 = pruneObjects(fitting, marker.about, facts);
    const selection = keepsIdle ? all2 : withoutIdle(fitting, all2);
    const metadata = await nextMetadata(selection, logs, marker.about, build, transfer.variables);
    const ids = selection.kept.map(({ id }) => id).sort();
    const key = keyWithDigest(build.key, shortHash([...ids, build.salt]));
    const outcome = await saveEntry(
      transfer,
      key,
      job.why,
      buildPackRequest(build, selection, metadata),
      state.maxSize
    );
    if (outcome.tooLarge !== void 0 && attempt <= maxPackAttempts) {
      const { stored } = outcome.tooLarge;
      const [bytes, hasIdle] = [dataBytes(selection.kept), job.whole && selection.idle.size > 0];
      share2 = stored / bytes;
      if (!hasIdle) room = Math.min(bytes - 1, state.maxSize * plannedShare / share2);
      keepsIdle = keepsIdle && !hasIdle;
      continue;
    }
    const report = {
      ...outcome,
      counts: { ...finished.counts, pruned: objectAmount(selection.pruned) },
      ...omitted.length > 0 && outcome.saved ? { warning: limit.cut } : {}
    };
    return outcome.saved || outcome.exists ? finishBuild(finished, report, {
      stored: key,
      savedBy: build.job ?? "",
      ...outcome.share === void 0 ? {} : { share: outcome.share },
      actions: ids.map(shortId),
      about: metadata
    }) : finishBuild(finished, report);
  }
}
function checkThreshold({ build, marker, use: { unused } }, { reused, fresh }, whole) {
  const held = new Set(marker.actions);
  const used = [...reused, ...fresh];
  const added = used.filter(({ id }) => !held.has(shortId(id)));
  const logs = findLogs(build.directory, added);
  const refusal = belowSaveThreshold({
    used,
    added,
    addedTests: readLogs(build.directory, logs).filter((log) => isPortable(log, build)).length,
    given: [...used, ...unused].filter(({ id }) => held.has(shortId(id))),
    before: marker.stored === "" ? void 0 : marker.about,
    sameSource: marker.stored.startsWith(keyWithDigest(build.key, "")),
    sameJob: build.sameJob,
    whole,
    stableMtimes: build.stableMtimes,
    now: now() / 1e3
  });
  return { logs, refusal };
}
function firstRoom({ marker, use }, most3) {
  const share2 = marker.share || usualShare;
  const fits = dataBytes([...use.reused, ...use.fresh]) * share2 <= most3;
  const allowed = marker.share === 0 ? 2 : fits ? 1 : plannedShare;
  return { share: share2, room: most3 * allowed / share2 };
}
function limitTexts(use, omitted, share2, most3) {
  const used = [...use.reused, ...use.fresh];
  const report = {
    ...{ all: `${used.length} objects`, count: omitted.length, wanted: dataBytes(used) * share2, most: most3 },
    cost: "compiles them again"
  };
  return {
    refusal: (rule2) => limitRefusal(rule2, `${omitted.length} of ${used.length} objects`, most3),
    cut: limitWarning("Build cache", report),
    nothing: nothingFitsWarning("Build cache", report)
  };
}
function fetchedExcluded({ patterns: patterns2, gomodcache }) {
  if (patterns2 === "") return false;
  return listVersions(gomodcache).versions.some(
    ({ name }) => matchesModulePatterns(patterns2, splitModuleVersion(name).path)
  );
}
function isPortable(log, { testCache, workspace }) {
  if (testCache === "stable") return true;
  const names = testLogNames(log, platform()).map(({ name }) => name);
  return names.every((name) => isAbsoluteName(name, platform()) && !isWithin(workspace, name));
}
function withoutIdle({ reused, fresh, unused }, { whole }) {
  return { kept: [...reused, ...fresh], idle: /* @__PURE__ */ new Map(), pruned: unused, whole };
}

// src/cache/gomodcache/checksum-database.ts
import * as path18 from "node:path";

// src/cache/gomodcache/install.ts
import * as path17 from "node:path";

// src/cache/gomodcache/select.ts
import { createHash as createHash7 } from "node:crypto";
var sumdbPath = "cache/download/sumdb";
function selectModules(versions, named, job) {
  const { restored } = job;
  const [trees, goMods] = [new Set(named.trees), new Set(named.goMods)];
  const isExcluded = (name) => matchesModulePatterns(job.excluded, splitModuleVersion(name).path);
  const isNew = (name, time) => time !== void 0 && time >= job.began && job.ofOthers?.has(name) !== true;
  const kept = versions.filter(({ name }) => !isPartOfGo(name) && !isExcluded(name)).map((version2) => ({
    version: version2,
    whole: version2.tree !== void 0 && job.omitted?.has(version2.name) !== true && (trees.has(version2.name) || (isNew(version2.name, version2.files.ziphash) || restored.has(version2.tree)) && job.isConfirmed(version2.name)),
    listed: trees.has(version2.name) || goMods.has(version2.name) || // An unconfirmed go.mod could change the versions of other modules.
    (isNew(version2.name, version2.files.mod) || restored.has(`${version2.prefix}.mod`)) && job.isConfirmed(version2.name)
  })).filter(({ whole, listed: listed2 }) => whole || listed2);
  const wholes = kept.filter(({ whole }) => whole).map(({ version: version2 }) => version2);
  const zips = packsZips(wholes, job);
  const units = kept.map(({ version: version2, whole }) => unitOf(version2, whole, zips));
  const added = units.flatMap((unit) => unit.roots).filter((root) => !restored.has(root));
  const digest = createHash7("sha256").update(JSON.stringify([units, job.salt])).digest("hex").slice(0, 12);
  return { units: withLists(units, kept), trees: wholes.length, zips, added, digest };
}
function packsZips(versions, job) {
  if (job.zips !== "auto") return job.zips === "true";
  return job.hadZips || versions.some(({ files, treePlaced }) => (files.zip ?? 0) > job.ended && treePlaced < job.ended);
}
function unitOf(version2, whole, zips) {
  const files = downloadKinds.filter((kind) => version2.files[kind] !== void 0).filter((kind) => kind === "zip" ? whole && zips : kind !== "ziphash" || whole).map((kind) => `${version2.prefix}.${kind}`);
  return { name: version2.name, roots: [...whole ? [version2.tree ?? ""] : [], ...files] };
}
function withLists(units, kept) {
  const done = /* @__PURE__ */ new Set();
  return units.map((unit, index) => {
    const version2 = kept[index]?.version;
    const list5 = version2 === void 0 || !version2.hasList ? void 0 : listFile(version2);
    if (list5 === void 0 || done.has(list5)) return unit;
    done.add(list5);
    return { ...unit, roots: [...unit.roots, list5] };
  });
}
var nothingOmitted = { zips: false, names: [] };
function modulesOverLimit(modules, room) {
  const ranked = [...modules].sort(
    (a, b) => Number(b.needed) - Number(a.needed) || Number(b.isInEntry) - Number(a.isInEntry) || a.bytes - b.bytes || (a.name < b.name ? -1 : 1)
  );
  let total2 = 0;
  return ranked.flatMap(({ name, bytes }) => {
    if (total2 + bytes > room) return [name];
    total2 += bytes;
    return [];
  });
}

// src/cache/gomodcache/install.ts
function mustBeRemovable(gomodcache, workspace) {
  if (!path17.isAbsolute(gomodcache)) return false;
  return isDirectory2(gomodcache) ? isWithin(realPath(workspace), realPath(gomodcache)) : isWithin(workspace, gomodcache);
}
function makeRemovable(gomodcache) {
  if (!isDirectory2(gomodcache)) return;
  try {
    makeTreeWritable(gomodcache, "directories");
  } catch (error3) {
    debug2(`cannot make ${gomodcache} writable: ${error3.message}`);
  }
}

// src/cache/gomodcache/checksum-database.ts
var longest3 = 64 * 1024;
var deepestName = 3;
function readLookups(gomodcache, names) {
  const databases = databasesIn(path18.join(gomodcache, sumdbPath), 0);
  const [trees, goMods] = [/* @__PURE__ */ new Map(), /* @__PURE__ */ new Map()];
  for (const name of databases.length === 0 ? [] : names) {
    const { path: modulePath, version: version2 } = splitModuleVersion(name);
    const file = `${escapePath(modulePath)}@${escapeVersion(version2)}`;
    for (const database of databases) {
      const text3 = readTextUpTo(path18.join(database, file), longest3) ?? "";
      for (const line of text3.split("\n")) {
        const [ofModule, ofVersion, h1 = "", ...more] = line.split(" ");
        if (ofModule !== modulePath || !h1.startsWith("h1:") || more.length > 0) continue;
        if (ofVersion === version2) add(trees, name, h1);
        else if (ofVersion === `${version2}/go.mod`) add(goMods, name, h1);
      }
    }
  }
  return { trees, goMods };
}
function add(sums, name, h1) {
  sums.set(name, /* @__PURE__ */ new Set([...sums.get(name) ?? [], h1]));
}
function databasesIn(directory2, depth) {
  const names = entriesOf(directory2).filter((entry) => entry.isDirectory());
  const here = names.some(({ name }) => name === "lookup") ? [path18.join(directory2, "lookup")] : [];
  if (depth === deepestName) return here;
  return [...here, ...names.flatMap(({ name }) => databasesIn(path18.join(directory2, name), depth + 1))];
}

// src/cache/gomodcache/entry.ts
function namesOutsideSums(modules, sums) {
  return modules.map(({ name }) => name).filter((name) => !sums.trees.has(name) || !sums.goMods.has(name));
}
var restoredFile = "restored.json";
var namedFile = "named.json";

// src/gofiles/module-info.ts
var originFields = ["Hash", "Ref", "RepoSum", "Subdir", "TagPrefix", "TagSum", "URL", "VCS"];
function moduleInfoText(text3, version2) {
  const info3 = parseInfo(text3);
  if (info3 === void 0 || info3.version !== version2 || !matchesTime(version2, info3.time)) return void 0;
  const { time, origin } = info3;
  return JSON.stringify({
    Version: version2,
    ...time === void 0 ? {} : { Time: time },
    ...origin === void 0 ? {} : { Origin: origin }
  });
}
function parseInfo(text3) {
  const fields = parseObject(text3);
  if (fields === void 0) return void 0;
  const [version2, time, origin] = ["Version", "Time", "Origin"].map((name) => field(fields, name));
  if (version2 === ambiguous || time === ambiguous || origin === ambiguous) return void 0;
  if (!isAbsent(time) && !(typeof time === "string" && timeText.test(time))) return void 0;
  if (isAbsent(origin)) return { version: version2, time: time ?? void 0, origin: void 0 };
  if (typeof origin !== "object" || Array.isArray(origin)) return void 0;
  const known = originFields.map((name) => [name, field(origin, name)]);
  if (known.some(([, value]) => !isAbsent(value) && typeof value !== "string")) return void 0;
  const texts = known.flatMap(
    ([name, value]) => typeof value === "string" ? [[name, name === "URL" ? withoutUser(value) : value]] : []
  );
  return { version: version2, time: time ?? void 0, origin: Object.fromEntries(texts) };
}
var timeText = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
function matchesTime(version2, time) {
  const [, digits] = /[.-](\d{14})-[0-9a-f]{12}(?:\+incompatible)?$/.exec(version2) ?? [];
  if (digits === void 0 || time === void 0) return true;
  const instant = new Date(time);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().replaceAll(/\D/g, "").startsWith(digits);
}
var ambiguous = /* @__PURE__ */ Symbol("ambiguous");
function field(fields, name) {
  const [first, ...more] = Object.keys(fields).filter((key) => folded(key) === folded(name));
  if (more.length > 0) return ambiguous;
  return first === void 0 ? void 0 : fields[first];
}
function folded(name) {
  return name.toUpperCase().toLowerCase();
}
function isAbsent(value) {
  return value === void 0 || value === null;
}
function parseObject(text3) {
  let value;
  try {
    value = JSON.parse(text3);
  } catch {
    return void 0;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return void 0;
  const named = [...text3.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== void 0);
  return named.length === countKeys(value) ? value : void 0;
}
function countKeys(value) {
  if (typeof value !== "object" || value === null) return 0;
  const ownKeys = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum2, one) => sum2 + countKeys(one), ownKeys);
}
function withoutUser(address) {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1");
}

// src/cache/gomodcache/save.ts
import * as path20 from "node:path";

// src/platform/cleanup.ts
import { pathToFileURL } from "node:url";
function decodeCleanupRecord(text3) {
  const state = objectIn(text3);
  if (state === void 0 || typeof state.folder !== "string") return void 0;
  return areVariables(state.given) && areVariables(state.before) ? state : void 0;
}
function areVariables(value) {
  return typeof value === "object" && value !== null && Object.entries(value).every(([name, text3]) => /^\w+$/.test(name) && typeof text3 === "string");
}
function objectIn(text3) {
  try {
    const value = JSON.parse(text3);
    return typeof value === "object" && value !== null ? value : void 0;
  } catch {
    return void 0;
  }
}
var prefixOf = (kind) => `go-deps-${kind}-`;
var maxJobAge = 6 * 24 * 60 * 60 * 1e3;
function removeInPost(kinds, variables2, later) {
  return kinds.reduce((current, kind) => {
    try {
      const restored = removeKind(kind, current);
      later.set(restored);
      return withVariables(current, restored);
    } catch (error3) {
      warning2(`Not everything was cleaned up (${kind}): ${error3.message}`);
      return current;
    }
  }, variables2);
}
function removeKind(kind, variables2) {
  const text3 = savedState(kind);
  if (text3 === "") return {};
  const record = decodeCleanupRecord(text3);
  if (record === void 0 || !isOwnFolder(kind, record.folder)) {
    info2(`Nothing is removed for ${kind}: the state from the main step cannot be read.`);
    return {};
  }
  removeIfPossible(record.folder);
  return { ...restoredVariables(record, variables2), ...withoutBundle(kind, record, variables2) };
}
function isOwnFolder(kind, folder) {
  return kind === "work" ? isJobDir(folder) : isInTempDir(folder, prefixOf(kind));
}
function restoredVariables({ given, before }, variables2) {
  const ours = Object.entries(given).filter(([name, value]) => variables2[name] === value);
  return Object.fromEntries(ours.map(([name]) => [name, before[name] ?? ""]));
}
function withoutBundle(kind, { folder }, { GOPROXY: goproxy = "" }) {
  const [first = "", ...rest] = goproxy.split(",");
  const isBundle = kind === "bundle" && first.startsWith(pathToFileURL(folder).href);
  return isBundle ? { GOPROXY: rest.join(",") } : {};
}

// src/cache/gomodcache/save-threshold.ts
function worseFallback(selection, { needed }, { modules, failed }, entry) {
  if (entry === null && modules?.found !== "miss") return { rule: "newest-unknown" };
  if (entry === null && failed === true) return { rule: "step-failed" };
  const whole = new Set(selection.units.flatMap((unit) => treeOf(unit) === void 0 ? [] : [unit.name]));
  const missing = needed.filter((name) => !whole.has(name)).length;
  if (missing > 0) return { rule: "missing-modules", values: { needed: needed.length, missing } };
  const before = entry?.trees ?? 0;
  return selection.trees < before ? { rule: "fewer-modules", values: { now: selection.trees, before } } : void 0;
}
function treeOf({ roots }) {
  return roots.find((root) => !isDownloadPath(root));
}
function tooLittleNew(gomodcache, { added, units }, { needed, trees }, given) {
  const [required, known, fresh] = [new Set(needed), new Set(trees), new Set(added)];
  const isNeeded = units.some(
    ({ name, roots }) => (required.has(name) || !known.has(name)) && roots.some((root) => !isDownloadPath(root) && fresh.has(root))
  );
  if (isNeeded) return void 0;
  if (added.length === 0) return { rule: "nothing-new" };
  const { bytes } = walkUnit(gomodcache, { name: "added", roots: added }, () => false);
  return bytes < leastShare * given ? { rule: "little-new" } : void 0;
}

// src/cache/gomodcache/verify.ts
import * as path19 from "node:path";
var longestText = 64 * 1024;
function expectedHashes(units, gomodcache, sums) {
  return new Map(
    units.map(({ name, roots }) => {
      const ziphash = roots.find((root) => isDownloadPath(root) && root.endsWith(".ziphash"));
      const ownHash = ziphash === void 0 ? void 0 : ziphashText(gomodcache, ziphash);
      const expected = roots.flatMap((root) => {
        const kind = moduleRoot(root)?.kind;
        if (kind !== "tree" && kind !== "zip" && kind !== "mod") return [];
        const field2 = kind === "mod" ? "goMods" : "trees";
        const recorded = sums.map((one) => one[field2].get(name)).find((one) => one !== void 0);
        const hashes2 = [...recorded ?? (kind === "mod" || ownHash === void 0 ? [] : [ownHash])];
        return kind === "mod" && recorded === void 0 ? [] : [{ root, name: hashedName(root), hashes: hashes2 }];
      });
      return [name, expected];
    })
  );
}
function wrongZiphashes(units, gomodcache, expected) {
  return units.flatMap(({ name, roots }) => {
    const ziphash = roots.find((root) => isDownloadPath(root) && root.endsWith(".ziphash"));
    if (ziphash === void 0) return [];
    const hashes2 = expected.get(name)?.find(({ name: inHash }) => inHash !== "go.mod")?.hashes ?? [];
    const found = ziphashText(gomodcache, ziphash);
    if (found !== void 0 && hashes2.length === 1 && hashes2.includes(found)) return [];
    const why = `holds ${found ?? "nothing"}, not the recorded ${hashes2.join(" or ") || "hash"}`;
    return [{ name, fault: { path: ziphash, why } }];
  });
}
async function changedModules(units, gomodcache, expected, wanted) {
  const changed = [];
  for (const { name } of units) {
    for (const { root, name: inHash, hashes: hashes2 } of expected.get(name) ?? []) {
      if (!wanted.has(root) || inHash === void 0) continue;
      const found = await hashOf(path19.join(gomodcache, root), inHash).catch(
        (error3) => `nothing: ${error3.message}`
      );
      if (hashes2.includes(found)) continue;
      changed.push({
        name,
        fault: { path: root, why: `hashes to ${found}, not to the recorded ${hashes2.join(" or ")}` }
      });
      break;
    }
  }
  return changed;
}
async function hashOf(file, inHash) {
  if (inHash !== "go.mod") {
    if (lstat2(file)?.isDirectory() !== true) throw new Error("it is not a directory");
    return treeHash(file, inHash);
  }
  return treeHashOf([{ name: inHash, sha256: hashFile(file, hashBuffer()) }]);
}
function withoutInvalidInfos(units, gomodcache) {
  const isDescribed = (root) => {
    const module = moduleRoot(root);
    if (module?.kind !== "info") return true;
    const text3 = readTextUpTo(path19.join(gomodcache, root), longestText) ?? "";
    return moduleInfoText(text3, splitModuleVersion(module.name).version) !== void 0;
  };
  return units.map(({ name, roots }) => ({ name, roots: roots.filter(isDescribed) }));
}
function ziphashText(gomodcache, ziphash) {
  return readTextUpTo(path19.join(gomodcache, ziphash), longestText)?.trim();
}

// src/cache/gomodcache/save.ts
var useFile = "modules-use.json";
var namedPrefix = "named-by-";
function announceSave(folder, save) {
  const use = readUse(folder);
  if (use !== void 0) writeFile2(path20.join(folder, useFile), JSON.stringify({ ...use, save }));
}
function readUse(folder) {
  return objectIn(readText(path20.join(folder, useFile)) ?? "");
}
function namedByLaterUses(folder) {
  const files = entriesOf(folder).filter(({ name }) => name.startsWith(namedPrefix));
  return new Set(
    files.flatMap(({ name }) => JSON.parse(readText(path20.join(folder, name)) ?? "[]"))
  );
}
function isSavedByEarlierUse(folder, key) {
  const { began = Number.POSITIVE_INFINITY, store: store2 } = readUse(folder) ?? {};
  return siblingFolders(folder).some((other) => {
    const use = readUse(other);
    return use?.key === key && use.store === store2 && use.save === "yes" && use.began < began;
  });
}
function siblingFolders(folder) {
  const [parent, own2] = [path20.dirname(folder), path20.basename(folder)];
  return entriesOf(parent).filter(({ name }) => name !== own2 && name.startsWith(own2.replace(/[^-]*$/, ""))).map(({ name }) => path20.join(parent, name)).filter((other) => readText(path20.join(other, useFile)) !== void 0);
}
function shrinkToLimit(all2, packed, { needed }, given) {
  const { modules, maxSize: most3 } = given.state;
  const { stored, unpacked } = given.tooLarge;
  const cost = "downloads them again";
  if (packed.zips && modules?.zips === "auto") {
    const warning3 = `Module cache: with zips it would take ${bytesText(stored)} when stored, and \`cache-max-size\` allows ${bytesText(most3)}. The entry omits the zips, and \`go mod download\` without arguments downloads them again. To never cache zips, set \`cache-zips: false\`.`;
    return { omitted: { most: most3, zips: true, names: [] }, warning: warning3 };
  }
  const builds = new Set(needed);
  const sized2 = all2.units.flatMap((unit) => {
    const tree = treeOf(unit);
    if (tree === void 0) return [];
    const { bytes } = walkUnit(modules?.directory ?? "", unit, () => false);
    return [{ name: unit.name, bytes, needed: builds.has(unit.name), isInEntry: given.restored.has(tree) }];
  });
  const sum2 = (some) => some.reduce((total2, { bytes }) => total2 + bytes, 0);
  const wasPacked = new Set(packed.units.flatMap((unit) => treeOf(unit) === void 0 ? [] : [unit.name]));
  const trees = sum2(sized2.filter(({ name }) => wasPacked.has(name)));
  const fixed = Math.max(0, unpacked - trees);
  const room = Math.min(trees, most3 * plannedShare * unpacked / stored - fixed);
  const names = modulesOverLimit(sized2, room);
  const wanted = (sum2(sized2) + fixed) * stored / unpacked;
  const limit = { all: `${sized2.length} modules`, count: names.length, wanted, most: most3, cost };
  if (names.length === sized2.length) return { warning: nothingFitsWarning("Module cache", limit) };
  return {
    omitted: { most: most3, zips: modules?.zips === "auto" && !packed.zips, names },
    warning: limitWarning("Module cache", limit)
  };
}
function limitReached({ names, zips, most: most3 }) {
  const modules = names.length === 1 ? "1 module" : `${names.length} modules`;
  return limitRefusal("at-limit", names.length === 0 && zips ? "zips" : modules, most3);
}
var packedTime = 315619200;
async function saveModules(transfer, state, why, whole = true) {
  const { modules } = state;
  if (modules === void 0) return refuse({ rule: "modules-off" });
  const list5 = readText(path20.join(state.folder, namedFile));
  if (list5 === void 0) return refuse({ rule: "list-lost" });
  const named = JSON.parse(list5);
  const entry = JSON.parse(readText(path20.join(state.folder, restoredFile)) ?? "null");
  const restored = new Set(modules.found === "exact" || !whole ? entry?.roots : []);
  const { directory: directory2 } = modules;
  const { versions, faults } = listVersions(directory2);
  const recorded = decodeSums(named.sums);
  const lookups = readLookups(directory2, namesOutsideSums(versions, recorded));
  const unproven = new Set(entry?.unproven);
  const isConfirmed = (name) => lookups.trees.has(name) || !unproven.has(name) && !matchesModulePatterns(modules.unchecked, splitModuleVersion(name).path);
  const ofOtherUses = namedByLaterUses(state.folder);
  let usable = versions;
  const select = ({ zips, names: names2 }) => selectModules(usable, named, {
    ...modules,
    ...state,
    zips: zips ? "false" : modules.zips,
    began: modules.isExclusive ? state.began : Number.POSITIVE_INFINITY,
    restored,
    isConfirmed,
    omitted: new Set(names2),
    ofOthers: ofOtherUses
  });
  const isSteady = (selection) => restored.size > 0 && selection.zips === modules.hadZips && !modules.corrupt;
  const expectedOf = ({ units }) => expectedHashes(units, directory2, [recorded, lookups]);
  let omitted = modules.found === "exact" && state.maxSize <= (entry?.leftOut?.most ?? 0) ? entry?.leftOut : void 0;
  const first = select(omitted ?? nothingOmitted);
  const { units: chosen, added } = first;
  const expected = expectedOf(first);
  const suspects = whole || added.length === 0 ? added : chosen.flatMap(({ roots }) => roots);
  const changed = [
    ...wrongZiphashes(chosen, directory2, expected),
    ...isSteady(first) || !whole ? await changedModules(chosen, directory2, expected, new Set(suspects)) : []
  ];
  const names = new Set(changed.map(({ name }) => name));
  usable = versions.filter(({ name }) => !names.has(name));
  logPackFaults([...faults, ...changed.map(({ fault }) => fault)]);
  let warning3;
  for (let attempt = 1; ; attempt++) {
    const selection = select(omitted ?? nothingOmitted);
    if (selection.trees === 0) return refuse({ rule: "no-modules" });
    if (isSavedByEarlierUse(state.folder, modules.key)) return refuse({ rule: "earlier-use" });
    const worse = whole ? void 0 : worseFallback(selection, named, state, entry);
    if (worse !== void 0 && modules.found !== "miss") return refuse(worse);
    if (isSteady(selection)) {
      const little = tooLittleNew(directory2, selection, named, entry?.bytes ?? 0);
      if (little !== void 0)
        return { ...refuse(omitted === void 0 ? little : limitReached(omitted)), key: modules.matched };
    }
    const units = withoutInvalidInfos(selection.units, directory2);
    const outsideSums = namesOutsideSums(units, recorded);
    const outcome = await saveEntry(
      transfer,
      keyWithDigest(worse === void 0 ? modules.key : incompleteKey(modules.key), selection.digest),
      worse === void 0 ? why : refusalText(worse),
      {
        kind: "modules",
        metadata: {
          zips: selection.zips,
          outsideSums,
          ...omitted === void 0 ? {} : { leftOut: omitted }
        },
        base: directory2,
        units,
        mtimeSeconds: packedTime,
        onFault: "leave-out-unit",
        expected: expectedOf(selection)
      },
      state.maxSize
    );
    if (outcome.tooLarge === void 0 || attempt > maxPackAttempts)
      return warning3 === void 0 ? outcome : { ...outcome, warning: warning3 };
    const all2 = select({ zips: omitted?.zips ?? false, names: [] });
    const shrunk = shrinkToLimit(all2, selection, named, { restored, state, tooLarge: outcome.tooLarge });
    warning3 = shrunk.warning;
    if (shrunk.omitted === void 0) return { ...outcome, warning: warning3 };
    omitted = shrunk.omitted;
  }
}

// src/cache/gomodcache/toolchain.ts
import * as path21 from "node:path";
async function saveToolchain(transfer, state, why) {
  const { toolchain } = state;
  if (toolchain === void 0) return refuse({ rule: "no-toolchain" });
  const { directory: directory2, name } = toolchain;
  if (toolchain.found === "exact")
    return { ...refuse({ rule: "toolchain-restored" }), key: toolchain.matched };
  if (!isModuleCached(directory2, name)) return refuse({ rule: "toolchain-not-fetched" });
  const { tree, ziphash } = pathsOf2(name);
  const hash = readText(path21.join(directory2, ziphash)) ?? "";
  const copied = new Set(copiedGoMods(path21.join(directory2, tree)).map((file) => `${tree}/${file}`));
  const key = keyWithDigest(toolchain.key, shortHash([hash.trim(), toolchain.salt]));
  const request = {
    kind: "toolchain",
    metadata: { name },
    base: directory2,
    units: unitsOf(directory2, name),
    exclude: (file) => copied.has(file)
  };
  const outcome = await saveEntry(transfer, key, why, request, state.maxSize);
  if (outcome.tooLarge === void 0) return outcome;
  const sizes = { wanted: outcome.tooLarge.stored, most: state.maxSize };
  return {
    ...outcome,
    warning: nothingFitsWarning("Go toolchain", { all: name, ...sizes, cost: "fetches it again" })
  };
}
function pathsOf2(name) {
  const version2 = splitModuleVersion(name);
  return { tree: treeDirectory(version2), ziphash: `${downloadPrefix(version2)}.ziphash` };
}
function unitsOf(gomodcache, name) {
  const { tree, ziphash } = pathsOf2(name);
  const base = path21.join(gomodcache, tree);
  const parts = partsOf(base);
  const leaves = [...parts, ""].flatMap(
    (directory2) => entriesOf(path21.join(base, directory2)).map((entry) => directory2 === "" ? entry.name : `${directory2}/${entry.name}`).filter((part) => !parts.includes(part))
  );
  const database = lstat2(path21.join(gomodcache, sumdbPath)) === void 0 ? [] : [sumdbPath];
  return [ziphash, ...database, ...leaves.map((leaf) => `${tree}/${leaf}`)].map((root) => ({
    name: root,
    roots: [root]
  }));
}
function copiedGoMods(tree, prefix3 = "") {
  const entries = entriesOf(path21.join(tree, prefix3));
  const here = entries.some(({ name }) => name === "_go.mod") ? [`${prefix3}go.mod`] : [];
  const below = entries.filter((entry) => entry.isDirectory()).flatMap((entry) => copiedGoMods(tree, `${prefix3}${entry.name}/`));
  return [...here, ...below];
}
function partsOf(base) {
  return ["src", "src/cmd", "pkg"].filter(
    (directory2) => lstat2(path21.join(base, directory2))?.isDirectory() === true
  );
}

// src/cache/store/github.ts
import { createHash as createHash8 } from "node:crypto";

// src/platform/http-failure.ts
var transientCodes = ["ECONNRESET", "ETIMEDOUT", "EPIPE", "EAI_AGAIN", "ERR_STREAM_PREMATURE_CLOSE"];
function isTransientStatus(status) {
  return status === 408 || status === 429 || status >= 500 && status !== 501;
}
function connectionFailure(error3) {
  const reasons = error3 instanceof AggregateError ? error3.errors.map(({ message }) => message) : [];
  const why = [...new Set(reasons.length > 0 ? reasons : [error3.message])].join("; ");
  return { why, isTransient: error3 instanceof HttpTimeout || transientCodes.includes(error3.code ?? "") };
}
var mostQuoted = 1e3;
function errorCodeIn(text3) {
  return /<Code>([^<]*)<\/Code>/.exec(text3)?.[1];
}
function quotable(text3) {
  const code2 = errorCodeIn(text3);
  const message = /<Message>([^<]*)<\/Message>/.exec(text3)?.[1];
  const explanation = code2 === void 0 ? text3 : [code2, message ?? ""].filter(Boolean).join(": ");
  return explanation.replaceAll(signatures, "$1***").trim().slice(0, mostQuoted);
}
var signatures = /((?:X-Amz-(?:Signature|Credential|Security-Token)|\bsig)=)[^&\s"'<>]+/gi;

// src/platform/transfer.ts
var TransferFailure = class extends ActionError {
  /** The HTTP status; undefined when no answer came. */
  status;
  /** Whether the same request may succeed later. */
  isTransient;
  /** The seconds that the server asks to wait. */
  retryAfter;
  /** The code in the server's explanation, as Azure and S3 give one. */
  serviceCode;
  constructor(message, more) {
    super("transfer", message);
    this.status = more.status;
    this.isTransient = more.isTransient;
    this.retryAfter = more.retryAfter;
    this.serviceCode = more.serviceCode;
  }
};
var usualWait = { connection: 10, silence: 30 };
var mostAttempts = 4;
var mostPause = 90;
var leastProgress = 1024 * 1024;
async function withRetries({ signal, pause: wait = pause, counts }, attempt, progress = () => 0) {
  let [count, paused, before] = [0, 0, progress()];
  for (; ; ) {
    try {
      if (counts !== void 0) counts.requests++;
      return await attempt();
    } catch (error3) {
      signal.throwIfAborted();
      const failure = failureOf2(error3);
      if (progress() - before >= leastProgress) [count, paused] = [0, 0];
      before = progress();
      count++;
      if (!failure.isTransient || count >= mostAttempts) throw failure;
      const seconds = backoffSeconds(count, failure.retryAfter, random());
      paused += seconds;
      if (paused > mostPause) throw failure;
      if (counts !== void 0) counts.retries++;
      debug2(
        `transfer: ${failure.message}; trying again in ${seconds.toFixed(1)} s (${count} of ${mostAttempts - 1})`
      );
      await wait(seconds, signal);
      if (signal.aborted) throw withCause(signal.reason, failure);
    }
  }
}
function withCause(reason2, { message }) {
  return reason2 instanceof HttpTimeout ? new HttpTimeout(`${reason2.message}; before: ${message}`) : reason2;
}
function failureOf2(error3) {
  if (error3 instanceof TransferFailure) return error3;
  if (error3 instanceof ProxyError)
    return new TransferFailure(error3.message, { status: error3.status, isTransient: error3.status >= 500 });
  const { why, isTransient } = connectionFailure(error3);
  return new TransferFailure(why, { isTransient });
}
async function statusFailure(answer, signal) {
  const status = answer.statusCode ?? 0;
  const text3 = await bodyText(answer, signal).catch(() => "");
  return textFailure({ status, headers: answer.headers, text: text3 }, isTransientStatus(status));
}
function textFailure({ status, headers, text: text3 }, isTransient) {
  const quoted = quotable(text3);
  const retryAfter = parseRetryAfter(headers["retry-after"], now());
  return new TransferFailure(`the server answers ${status}${quoted === "" ? "" : `: ${quoted}`}`, {
    ...{ status, retryAfter, isTransient, serviceCode: errorCodeIn(text3) }
  });
}
var mostText = 4 * 1024 * 1024;
async function bodyText(answer, signal) {
  const chunks = [];
  let length2 = 0;
  for await (const chunk of withoutSilence(answer, usualWait, signal)) {
    length2 += chunk.length;
    if (length2 > mostText) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8").slice(0, mostText);
}
async function* withoutSilence(answer, { silence }, signal) {
  const abort = () => answer.destroy(signal.reason);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  const timer = setTimeout(
    () => answer.destroy(new HttpTimeout(`no byte within ${silence} s`)),
    silence * 1e3
  );
  try {
    for await (const chunk of answer) {
      timer.refresh();
      yield chunk;
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    answer.destroy();
  }
}
async function postJson(url, headers, message, options) {
  const body = Buffer.from(JSON.stringify(message));
  const { signal, wait = usualWait, connections } = options;
  return withRetries(options, async () => {
    const answer = await sendRequest(url, {
      ...{ method: "POST", body, wait, signal, connections },
      headers: { "content-type": "application/json", ...headers }
    });
    if (answer.statusCode !== 200) throw await statusFailure(answer, signal);
    const text3 = await bodyText(answer, signal);
    try {
      return JSON.parse(text3);
    } catch {
      throw new TransferFailure("the server answers something other than JSON", {
        status: 200,
        isTransient: true
      });
    }
  });
}
async function putBytes(url, headers, body, options) {
  const { signal, wait = usualWait, connections } = options;
  await withRetries(options, async () => {
    const answer = await sendRequest(url, { method: "PUT", headers, body, wait, signal, connections });
    if (answer.statusCode !== 200 && answer.statusCode !== 201) throw await statusFailure(answer, signal);
    await bodyText(answer, signal);
    if (options.counts !== void 0) options.counts.bytes += body.length;
  });
}

// src/platform/remote-object.ts
async function readRange(object2, from, to, take, options) {
  const { signal, wait = usualWait, connections } = options;
  let [at, isRenewed] = [from, false];
  await withRetries(
    options,
    async () => {
      if (at > from && object2.size !== void 0 && at >= Math.min(to, object2.size)) return;
      const headers = {
        range: `bytes=${at}-${to - 1}`,
        ...object2.etag === void 0 ? {} : { "if-match": object2.etag },
        ...await object2.authorize?.()
      };
      const answer = await sendRequest(object2.url, { method: "GET", headers, wait, signal, connections });
      if (answer.statusCode === 403 && object2.renew !== void 0 && !isRenewed) {
        isRenewed = true;
        answer.destroy();
        object2.url = await object2.renew();
        throw new TransferFailure("the address has expired", { isTransient: true });
      }
      const span2 = await spanOf(answer, at, to, signal);
      checkSame(object2, answer, span2.size);
      const end = Math.min(to, span2.size);
      let position = span2.from;
      for await (const chunk of withoutSilence(answer, wait, signal)) {
        signal.throwIfAborted();
        const skip = Math.max(0, at - position);
        const bytes = chunk.subarray(skip, Math.max(skip, end - position));
        position += chunk.length;
        if (bytes.length > 0) take(bytes, at);
        at += bytes.length;
        if (options.counts !== void 0) options.counts.bytes += bytes.length;
        if (at >= end && position > end && answer.statusCode === 200) break;
        if (position > end)
          throw new TransferFailure("the server sends more than the range", { isTransient: false });
      }
      if (at < end) throw new TransferFailure("the server ends the range early", { isTransient: true });
    },
    () => at - from
  ).catch((error3) => {
    throw error3 instanceof TransferFailure ? object2.explain?.(error3) ?? error3 : error3;
  });
}
async function spanOf(answer, at, to, signal) {
  if (answer.statusCode === 200) {
    const size2 = Number(answer.headers["content-length"]);
    if (Number.isSafeInteger(size2)) return { from: 0, size: size2 };
    throw refuse2(answer, "the server tells no length");
  }
  if (answer.statusCode !== 206) throw await statusFailure(answer, signal);
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.headers["content-range"] ?? "") ?? [];
  const end = Math.min(to, Number(size));
  if (Number(first) === at && Number(last) === end - 1) return { from: at, size: Number(size) };
  throw refuse2(answer, `the server answers the range ${answer.headers["content-range"]}`);
}
function refuse2(answer, why) {
  answer.destroy();
  return new TransferFailure(why, { isTransient: false });
}
function checkSame(object2, answer, size) {
  const etag = answer.headers.etag;
  if (object2.size !== void 0 && object2.size !== size)
    throw refuse2(answer, "the object changed while it was read");
  object2.size = size;
  if (etag !== void 0 && !etag.startsWith("W/")) object2.etag ??= etag;
}

// src/cache/store/object-layout.ts
var skippable = { magic: 407710289, header: 8 };
function encodeHead(manifest) {
  const text3 = Buffer.from(encodeManifest(manifest));
  const header = Buffer.alloc(skippable.header);
  header.writeUInt32LE(skippable.magic, 0);
  header.writeUInt32LE(text3.length, 4);
  return Buffer.concat([header, text3]);
}
function headLength(start, size) {
  if (start.length < skippable.header || start.readUInt32LE(0) !== skippable.magic)
    throw new CorruptArchive("it does not begin with a manifest");
  const length2 = start.readUInt32LE(4);
  if (length2 > largestManifest) throw new CorruptArchive(`its manifest has ${length2} bytes`);
  if (skippable.header + length2 > size) throw new CorruptArchive("it ends within its manifest");
  return skippable.header + length2;
}
function decodeHead(head, size) {
  const manifest = decodeManifest(head.toString("utf8", skippable.header), platform());
  const length2 = manifest.shards.reduce((sum2, shard) => sum2 + shard.length, head.length);
  if (size !== length2) throw new CorruptArchive(`it has ${size} bytes instead of ${length2}`);
  return manifest;
}

// src/cache/store/download.ts
var firstRange = 1024 * 1024;
var rangeLength = 2 * 1024 * 1024;
var rangesAtOnce = 8;
var allRings = 64 * 1024 * 1024;
var largestRing = 8 * 1024 * 1024;
async function downloadEntry(object2, options, stop) {
  const start = await readStart(object2, options).catch((error3) => {
    if (error3 instanceof TransferFailure && error3.status === 416) throw new CorruptArchive("it is empty");
    throw error3;
  });
  const bytes = object2.size ?? 0;
  const manifest = decodeHead(start.head, bytes);
  const rings = createRings(ringLengths(manifest.shards.map(({ length: length2 }) => length2)));
  let at = start.head.length;
  const shards = manifest.shards.map(({ length: length2 }, index) => {
    const begin = at;
    at += length2;
    const shard = createShardDownload(object2, [begin, at], rings[index], options);
    shard.takeStart(start.bytes);
    return shard;
  });
  const fail = () => rings.forEach(failRing);
  options.signal.addEventListener("abort", fail);
  const done = downloadShards(shards, rings, options.signal).catch((error3) => {
    fail();
    throw error3;
  }).finally(() => options.signal.removeEventListener("abort", fail));
  done.catch(() => {
  });
  return { manifest, places: rings.map((ring) => ({ ring })), bytes, done, stop };
}
function ringLengths(shards) {
  const whole = shards.reduce((sum2, length2) => sum2 + length2, 0);
  const most3 = whole <= largestRing ? largestRing : Math.min(largestRing, Math.floor(allRings / shards.length));
  return shards.map((length2) => Math.max(1, Math.min(length2, most3)));
}
async function readStart(object2, options) {
  const chunks = [];
  const take = (chunk) => void chunks.push(chunk);
  await readRange(object2, 0, firstRange, take, options);
  const first = Buffer.concat(chunks);
  const end = headLength(first, object2.size ?? 0);
  if (end > first.length) await readRange(object2, first.length, end, take, options);
  const bytes = Buffer.concat(chunks);
  return { head: bytes.subarray(0, end), bytes };
}
function createShardDownload(object2, [begin, end], ring, options) {
  const longest6 = Math.min(rangeLength, Math.max(1, Math.floor(ring.room.byteLength / 2)));
  const ranges = [];
  let next = begin;
  const nextEnd = () => Math.min(end, next + longest6);
  const publish = () => {
    while (ranges[0] !== void 0 && ranges[0].at === ranges[0].to) ranges.shift();
    setFilled(ring, (ranges[0]?.at ?? next) - begin);
  };
  return {
    takeStart: (start) => {
      const bytes = start.subarray(begin, end);
      copyIn(ring, 0, bytes);
      next = begin + bytes.length;
      publish();
    },
    requested: () => next - begin,
    isRequested: () => next === end,
    hasRoom: () => next < end && nextEnd() - begin <= takenUpTo(ring) + ring.room.byteLength,
    readNext: () => {
      const range2 = { at: next, to: nextEnd() };
      ranges.push(range2);
      next = range2.to;
      const take = (chunk, at) => {
        copyIn(ring, at - begin, chunk);
        recordShortLived(chunk.length);
        range2.at = at + chunk.length;
        publish();
      };
      return readRange(object2, range2.at, range2.to, take, options);
    }
  };
}
async function downloadShards(shards, rings, signal) {
  const running = /* @__PURE__ */ new Set();
  const [ring] = rings;
  while (ring !== void 0) {
    signal.throwIfAborted();
    const seen = changesOf(ring);
    const ready = running.size < rangesAtOnce ? shards.filter(({ hasRoom }) => hasRoom()) : [];
    const [shard] = ready.sort((a, b) => a.requested() - b.requested());
    if (shard !== void 0) {
      const range2 = shard.readNext().finally(() => running.delete(range2));
      range2.catch(() => {
      });
      running.add(range2);
      continue;
    }
    const isAllRequested = shards.every(({ isRequested }) => isRequested());
    if (isAllRequested && running.size === 0) return;
    const waitsForRoom = running.size < rangesAtOnce && !isAllRequested;
    await Promise.race([...running, ...waitsForRoom ? [nextChange(ring, seen)] : []]);
  }
}

// src/cache/store/upload.ts
var usualPart = 4 * 1024 * 1024;
var partsInMemory = 3;
var mostParts = 1e4;
async function uploadEntry(upload, entry, signal) {
  const partLength = Math.max(usualPart, upload.leastPart);
  const rings = createRings(Array.from({ length: entry.shards }, () => partsInMemory * partLength));
  const budget2 = createBudget(entry.maxBytes);
  const fail = (error3) => {
    rings.forEach(failRing);
    throw error3;
  };
  const uploads = rings.map(
    (ring, index) => uploadShard(upload, ring, { partLength, ...numbersOf(index, rings.length) }, budget2)
  );
  const abort = () => rings.forEach(failRing);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  const packing = entry.toRings(rings);
  const ends = await Promise.allSettled([...uploads.map((one) => one.catch(fail)), packing.catch(fail)]);
  signal?.removeEventListener("abort", abort);
  try {
    const errors = ends.flatMap((end) => end.status === "rejected" ? [end.reason] : []);
    const cause = errors.find((error3) => !hasCode(error3, "ring-failed")) ?? signal?.reason ?? errors[0];
    if (cause !== void 0) throw cause;
    const manifest = await packing;
    if (manifest === void 0 || budget2.isExceeded()) {
      await upload.abort();
      return { kind: "withdrawn" };
    }
    const pieces2 = [{ kept: encodeHead(manifest) }, ...(await Promise.all(uploads)).flat()];
    return await completeObject(upload, joinKept(pieces2));
  } catch (error3) {
    await upload.abort();
    throw error3;
  }
}
function createBudget(maxBytes) {
  let bytes = 0;
  return {
    add: (more) => {
      bytes += more;
    },
    isExceeded: () => bytes > maxBytes
  };
}
function numbersOf(shard, shards) {
  const stride = Math.floor((mostParts - 1) / shards);
  return { first: shard * stride + 2, last: (shard + 1) * stride };
}
async function uploadShard(upload, ring, { partLength, first, last }, budget2) {
  const pieces2 = [];
  const running = /* @__PURE__ */ new Set();
  const sent = /* @__PURE__ */ new Map();
  let [at, free, number] = [0, 0, first];
  const release = (from, to) => {
    sent.set(from, to);
    for (let end = sent.get(free); end !== void 0; end = sent.get(free)) {
      sent.delete(free);
      free = end;
    }
    setTaken(ring, free);
  };
  for (; ; ) {
    const seen = changesOf(ring);
    const isLast = hasEnded(ring);
    const length2 = Math.min(partLength, filledUpTo(ring) - at);
    if (length2 < partLength && !isLast) {
      await Promise.race([...running, nextChange(ring, seen)]);
      continue;
    }
    if (length2 === 0) break;
    const [from, to] = [at, at + length2];
    const bytes = bytesAt(ring, from, length2);
    at = to;
    budget2.add(length2);
    if (budget2.isExceeded()) release(from, to);
    else if (length2 < partLength || from === 0 && upload.leastPart > 1) {
      pieces2.push({ kept: Buffer.from(bytes) });
      release(from, to);
    } else {
      if (number > last) throw new Error(`cannot upload a shard of more than ${at} bytes`);
      pieces2.push({ part: number, length: length2 });
      const one = upload.putPart(number++, bytes).then(() => {
        running.delete(one);
        release(from, to);
      });
      one.catch(() => {
      });
      running.add(one);
    }
  }
  await Promise.all(running);
  return pieces2;
}
async function completeObject(upload, pieces2) {
  const [only] = pieces2;
  if (only !== void 0 && "kept" in only && pieces2.length === 1) return upload.putWhole(only.kept);
  const numbers = pieces2.map((piece, index) => {
    if ("part" in piece) return piece.part;
    const [before, after] = [pieces2[index - 1], pieces2[index + 1]];
    if (after !== void 0 && "part" in after) return after.part - 1;
    return before !== void 0 && "part" in before ? before.part + 1 : 1;
  });
  await Promise.all(
    pieces2.map(
      (piece, index) => "kept" in piece ? upload.putPart(numbers[index], piece.kept) : void 0
    )
  );
  const lengths = pieces2.map((piece) => "kept" in piece ? piece.kept.length : piece.length);
  return upload.complete(
    numbers,
    lengths.reduce((sum2, length2) => sum2 + length2, 0)
  );
}
function joinKept(pieces2) {
  const joined = [];
  for (const piece of pieces2) {
    const last = joined.at(-1);
    if (last !== void 0 && "kept" in last && "kept" in piece)
      joined[joined.length - 1] = { kept: Buffer.concat([last.kept, piece.kept]) };
    else joined.push(piece);
  }
  return joined;
}

// src/cache/store/object-store.ts
function objectStore(service, deadlines) {
  return {
    unavailable: service.unavailable,
    restore: async (key, prefixes) => {
      const deadline = startDeadline(deadlines.restore);
      try {
        const { options } = deadline;
        const found = await service.find(key, prefixes, options);
        if (found === void 0) return deadline.end({ kind: "nothing", message: "" });
        const stop = () => deadline.end(void 0);
        const entry = await downloadEntry(found.object, options, stop);
        entry.done.then(stop, stop);
        return { kind: "restored", key: found.key, entry, figures: () => deadline.figures(service.name) };
      } catch (error3) {
        deadline.end(void 0);
        if (error3 instanceof CorruptArchive) return { kind: "corrupt", why: error3.message };
        return failureOf3(error3);
      }
    },
    find: (key, prefixes) => within(deadlines.restore, async (options) => {
      const found = await service.find(key, prefixes, options);
      return found === void 0 ? { kind: "nothing", message: "" } : { kind: "found", key: found.key };
    }),
    holds: (key) => within(deadlines.restore, async (options) => {
      const found = await service.find(key, [], options);
      return found?.key === key ? { kind: "exists" } : { kind: "nothing", message: "" };
    }),
    save: (key, entry, _, onAccepted = () => void 0) => within(deadlines.save, async (options, figures) => {
      const upload = await service.create(key, options);
      if ("kind" in upload) return upload;
      onAccepted();
      const result = await uploadEntry(upload, entry, options.signal);
      return result.kind === "saved" ? { ...result, figures: figures(service.name) } : result;
    })
  };
}
function startDeadline(seconds) {
  const controller = new AbortController();
  const late = new HttpTimeout(`no answer within ${seconds} s`);
  const timer = setTimeout(() => controller.abort(late), seconds * 1e3);
  const connections = openConnections();
  const counts = { bytes: 0, requests: 0, retries: 0 };
  const clock = elapsed();
  let duration;
  return {
    options: { signal: controller.signal, connections, counts },
    figures: (store2) => ({ store: store2, ...counts, seconds: duration ?? clock() }),
    end: (result) => {
      duration ??= clock();
      clearTimeout(timer);
      controller.abort(new TransferFailure("the transfer was stopped", { isTransient: false }));
      connections.close();
      return result;
    }
  };
}
async function within(seconds, operation) {
  const deadline = startDeadline(seconds);
  try {
    return deadline.end(await operation(deadline.options, deadline.figures));
  } catch (error3) {
    deadline.end(void 0);
    return failureOf3(error3);
  }
}
function failureOf3(error3) {
  if (hasCode(error3, "transfer", "http-timeout")) return { kind: "failed", why: error3.message };
  throw error3;
}

// src/cache/store/store.ts
function denialIn(text3) {
  return /cache write denied:[^\n"]*/.exec(text3)?.[0].trim();
}
function storeDeadlines(environment) {
  const seconds = (name, fallback) => {
    const value = Number(environment[name]);
    return Number.isFinite(value) && value > 0 ? value : fallback;
  };
  return { restore: seconds("GO_DEPS_RESTORE_SECONDS", 300), save: seconds("GO_DEPS_SAVE_SECONDS", 600) };
}

// src/cache/store/github.ts
var version = createHash8("sha256").update("go-deps-action object 1").digest("hex");
function githubStore(variables2, deadlines, onForeign = () => void 0) {
  return objectStore(githubService(variables2, onForeign), deadlines);
}
function githubService(variables2, onForeign) {
  const call = async (method, message, options) => {
    try {
      return await callService(variables2, method, message, options);
    } catch (error3) {
      const why = foreignAnswer(error3);
      if (why === void 0) throw error3;
      onForeign(why);
      throw new TransferFailure(`${why}. \`cache-backend: toolkit\` uses version 1`, { isTransient: false });
    }
  };
  const locate = async (key, prefixes, options) => {
    const keys2 = prefixes.length === 0 ? {} : { restore_keys: prefixes };
    const answer = await call("GetCacheEntryDownloadURL", { key, ...keys2, version }, options);
    const url = textOf(answer, "signed_download_url", "signedDownloadUrl");
    return answer.ok === true && url !== "" ? { url: addressOf(url), key: textOf(answer, "matched_key", "matchedKey") } : void 0;
  };
  return {
    name: "github",
    unavailable: unavailability(variables2),
    find: async (key, prefixes, options) => {
      const found = await locate(key, prefixes, options);
      if (found === void 0) return void 0;
      const renew = async () => {
        const again = await locate(found.key, [], options);
        if (again?.key !== found.key) throw new TransferFailure("the entry is gone", { isTransient: false });
        return again.url;
      };
      return { key: found.key, object: { url: found.url, renew } };
    },
    create: async (key, options) => {
      const created = await reserve(() => call("CreateCacheEntry", { key, version }, options));
      if ("kind" in created) return created;
      const finalize = async (length2) => {
        const message = { key, size_bytes: String(length2), version };
        const finalized = await call("FinalizeCacheEntryUpload", message, options);
        return finalized.ok === true ? { kind: "saved" } : { kind: "not-saved", message: textOf(finalized, "message", "message") };
      };
      return blockBlob(created.url, finalize, options);
    }
  };
}
function blockBlob(url, finalize, options) {
  const idOf = (number) => Buffer.from(String(number).padStart(8, "0")).toString("base64");
  return {
    leastPart: 1,
    putWhole: async (bytes) => {
      const headers = { "x-ms-blob-type": "BlockBlob", "content-type": "application/octet-stream" };
      await putBytes(url, headers, bytes, options);
      return finalize(bytes.length);
    },
    putPart: (number, bytes) => putBytes(withQuery(url, { comp: "block", blockid: idOf(number) }), {}, bytes, options),
    complete: async (numbers, length2) => {
      const list5 = numbers.map((number) => `<Latest>${idOf(number)}</Latest>`).join("");
      const body = Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list5}</BlockList>`);
      const headers = { "content-type": "application/xml" };
      await putBytes(withQuery(url, { comp: "blocklist" }), headers, body, options);
      return finalize(length2);
    },
    abort: async () => {
    }
  };
}
async function callService({ ACTIONS_RESULTS_URL = "", ACTIONS_RUNTIME_TOKEN = "" }, method, message, options) {
  const url = new URL(`/twirp/github.actions.results.api.v1.CacheService/${method}`, ACTIONS_RESULTS_URL);
  const answer = await postJson(url, { authorization: `Bearer ${ACTIONS_RUNTIME_TOKEN}` }, message, options);
  if (typeof answer !== "object" || answer === null)
    throw new TransferFailure("the cache service answers no object", { status: 200, isTransient: false });
  return answer;
}
function foreignAnswer(error3) {
  if (!(error3 instanceof TransferFailure)) return void 0;
  const { status = 0, message } = error3;
  const isError = /"code"\s*:\s*"(?!bad_route")/.test(message);
  const isForeign = status === 200 || status >= 300 && status < 400;
  if (!isForeign && (isError || ![404, 405, 501].includes(status))) return void 0;
  const what = status === 200 ? "something other than a result" : status;
  return `the server of ACTIONS_RESULTS_URL does not speak version 2 of the cache service: it answers ${what}`;
}
function textOf(answer, name, camelName) {
  const value = answer[name] ?? answer[camelName];
  return typeof value === "string" ? value : "";
}
function addressOf(text3) {
  const url = URL.canParse(text3) ? new URL(text3) : void 0;
  if (url !== void 0 && /^https?:$/.test(url.protocol)) return url;
  throw new TransferFailure("the cache service answers an address that is none", { isTransient: false });
}
async function reserve(call) {
  try {
    const answer = await call();
    const url = textOf(answer, "signed_upload_url", "signedUploadUrl");
    if (answer.ok === true && url !== "") return { url: addressOf(url) };
    return refusalOf(textOf(answer, "message", "message"));
  } catch (error3) {
    if (!(error3 instanceof TransferFailure)) throw error3;
    if (error3.status === 409) return { kind: "outrun" };
    const denial = refusalOf(error3.message);
    if (denial.kind === "denied") return denial;
    throw error3;
  }
}
function refusalOf(message) {
  const denial = denialIn(message);
  return denial === void 0 ? { kind: "not-saved", message } : { kind: "denied", message: denial };
}
function withQuery(url, query) {
  const other = new URL(url);
  for (const [name, value] of Object.entries(query)) other.searchParams.set(name, value);
  return other;
}
function unavailability({
  ACTIONS_RESULTS_URL = "",
  ACTIONS_RUNTIME_TOKEN = ""
}) {
  if (!URL.canParse(ACTIONS_RESULTS_URL)) return "this runner offers no cache service";
  return ACTIONS_RUNTIME_TOKEN === "" ? "the runner gives no token for its cache service (ACTIONS_RUNTIME_TOKEN is empty)" : void 0;
}

// src/cache/store/s3.ts
import { randomUUID as randomUUID3 } from "node:crypto";

// src/platform/s3-client.ts
import { createHash as createHash9 } from "node:crypto";

// src/platform/text-request.ts
async function requestText(prepare, options, isTransient = ({ status }) => isTransientStatus(status)) {
  const { signal, wait = usualWait, connections } = options;
  let attempt = 0;
  return withRetries(options, async () => {
    const { url, ...request } = await prepare(++attempt);
    const answer = await sendRequest(url, { ...request, wait, signal, connections });
    const read2 = {
      ...{ status: answer.statusCode ?? 0, headers: answer.headers },
      text: await bodyText(answer, signal)
    };
    if (isTransient(read2)) throw textFailure(read2, true);
    return read2;
  });
}

// src/platform/s3-client.ts
var CredentialsFailure = class extends TransferFailure {
  constructor(message) {
    super(message, { isTransient: false });
  }
};
var transientCodes2 = /<Code>(?:RequestTimeout|InternalError|SlowDown|ServiceUnavailable|OperationAborted)<\/Code>/;
function s3Client(region2) {
  let loaded;
  const load2 = () => {
    loaded ??= credentialsNeeded(() => loadSdk(region2));
    return loaded;
  };
  return {
    send: async ({ method, url, headers = {}, body }, options) => {
      const { signer, parseXml } = await load2();
      const hash = sha256Of(body);
      let attempts = 0;
      const answer = await requestText(
        async (attempt) => {
          attempts = attempt;
          const signed = await credentialsNeeded(
            () => signer.sign(method, url, { ...headers, "x-amz-content-sha256": hash })
          );
          return { method, url, headers: signed, ...body === void 0 ? {} : { body } };
        },
        options,
        ({ status, text: text3 }) => isTransientStatus(status) || transientCodes2.test(text3)
      );
      return { ...answer, document: documentOf(answer.text, parseXml), isRetried: attempts > 1 };
    },
    authorize: async (url) => {
      const { signer } = await load2();
      return credentialsNeeded(() => signer.sign("GET", url, { "x-amz-content-sha256": sha256Of() }));
    }
  };
}
function sha256Of(body = Buffer.alloc(0)) {
  return createHash9("sha256").update(body).digest("hex");
}
async function loadSdk(region2) {
  const sdk = await import(entryUrl("s3").href);
  const signer = sdk.createSigner({
    region: region2,
    send: sendRequest,
    onCredentials: ({ secretAccessKey, sessionToken = "" }) => {
      for (const secret of [secretAccessKey, sessionToken].filter(Boolean))
        for (const form of /* @__PURE__ */ new Set([secret, encodeURIComponent(secret)])) mask(form);
    }
  });
  return { signer, parseXml: sdk.parseXml };
}
async function credentialsNeeded(operation) {
  try {
    return await operation();
  } catch (error3) {
    throw new CredentialsFailure(error3.message);
  }
}
function documentOf(text3, parse2) {
  try {
    return text3.trimStart().startsWith("<") ? parse2(text3) : void 0;
  } catch {
    return void 0;
  }
}

// src/cache/store/s3-answers.ts
function listPage({ document: document2 }) {
  const result = child2(document2, "ListBucketResult");
  if (result === void 0) return void 0;
  const contents = child2(result, "Contents") ?? [];
  const objects = (Array.isArray(contents) ? contents : [contents]).map((one) => ({
    name: textOf2(one, "Key"),
    modified: Date.parse(textOf2(one, "LastModified")) || 0
  }));
  const isTruncated = textOf2(result, "IsTruncated") === "true";
  return { objects, next: isTruncated ? textOf2(result, "NextContinuationToken") : void 0 };
}
function uploadId({ document: document2 }) {
  return textOf2(child2(document2, "InitiateMultipartUploadResult"), "UploadId");
}
function errorCode2({ document: document2 }) {
  return textOf2(child2(document2, "Error"), "Code");
}
function isSuccess(answer) {
  return answer.status >= 200 && answer.status < 300 && errorCode2(answer) === "";
}
function errorWords(answer) {
  const words2 = [errorCode2(answer), textOf2(child2(answer.document, "Error"), "Message")].filter(Boolean);
  return words2.length === 0 ? `status ${answer.status}` : words2.join(": ").slice(0, 300);
}
var permissions = {
  list: "s3:ListBucket",
  read: "s3:GetObject",
  save: "s3:PutObject and s3:AbortMultipartUpload"
};
var expiredCodes = ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"];
var unknownKeyCodes = ["InvalidAccessKeyId", "XAdminUserNotFound"];
var invalidTokenCodes = ["InvalidToken", "InvalidTokenId"];
var skewCodes = ["RequestTimeTooSkewed", "RequestInTheFuture"];
function explainS3Error(answer, operation, target, area, now2) {
  const { bucket, region: region2, endpoint: endpoint2 } = target;
  const [code2, host] = [errorCode2(answer), new URL(endpoint2).host];
  const words2 = `the server says "${errorWords(answer)}"`;
  const actual = bucketRegion(answer);
  if (actual !== "" && actual !== region2)
    return `the bucket ${bucket} is in region ${actual}, not in ${region2}: set \`s3-region: ${actual}\``;
  if (answer.status === 301 || code2 === "PermanentRedirect")
    return `the bucket ${bucket} is not at ${host}, and ${words2}: set \`s3-region\` to the region of the bucket`;
  if (code2 === "NoSuchBucket")
    return `there is no bucket ${bucket} at ${host}: create it, or correct \`s3-bucket\` or \`s3-endpoint\``;
  if (unknownKeyCodes.includes(code2))
    return `${host} does not know the access key: check AWS_ACCESS_KEY_ID, and \`s3-endpoint\` for a server other than AWS`;
  if (code2 === "SignatureDoesNotMatch")
    return `the secret key does not belong to the access key: check AWS_SECRET_ACCESS_KEY for line breaks and lost characters, and whether a proxy changes requests to ${host}`;
  if (expiredCodes.includes(code2))
    return `the credentials have expired: request longer ones (\`role-duration-seconds\` of aws-actions/configure-aws-credentials), or move the step that requests them closer to this one`;
  if (invalidTokenCodes.includes(code2))
    return `${words2}: AWS_SESSION_TOKEN does not belong to the access key. Set all three variables from one source`;
  if (skewCodes.includes(code2)) return skewText(answer, host, now2);
  if (answer.status === 401 || answer.status === 403)
    return `access to ${area} in bucket ${bucket} is denied (${words2}): allow ${permissions[operation]} there for this run, as docs/s3.md of go-deps-action shows`;
  return `${host} answers ${answer.status}, and ${words2}`;
}
function bucketRegion({ document: document2, headers }) {
  const header = headers["x-amz-bucket-region"];
  const text3 = typeof header === "string" && header !== "" ? header : textOf2(child2(document2, "Error"), "Region");
  return /^[a-z0-9-]+$/.test(text3) ? text3 : "";
}
function skewText({ headers }, host, now2) {
  const server = Date.parse(headers.date ?? "");
  const minutes = Math.round(Math.abs(now2 - server) / 6e4);
  const difference = Number.isNaN(server) ? "is too far from" : `is ${minutes} minutes ${now2 > server ? "ahead of" : "behind"}`;
  return `the clock of this runner ${difference} that of ${host}: synchronize it, for example with NTP`;
}
function explainCredentials(message) {
  const isNone = /^Could not load credentials from any providers/.test(message);
  const why = isNone ? "no credentials were found" : `the credentials cannot be used: ${message.slice(0, 300)}`;
  const fix = isNone ? "put aws-actions/configure-aws-credentials before this step, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Runs for forks get neither" : "correct the role, profile or variables that name them";
  return `${why}: ${fix}`;
}
function child2(value, name) {
  return typeof value === "object" && value !== null ? value[name] : void 0;
}
function textOf2(value, name) {
  const text3 = child2(value, name);
  return typeof text3 === "string" ? text3.trim() : "";
}

// src/cache/store/s3-target.ts
function s3Address({ bucket, endpoint: endpoint2, pathStyle }, name, query = {}) {
  const url = new URL(endpoint2);
  if (!pathStyle) url.hostname = `${bucket}.${url.hostname}`;
  url.pathname = `${pathStyle ? `/${bucket}` : ""}/${name.split("/").map(strictlyEncoded).join("/")}`;
  url.search = Object.entries(query).map(([key, value]) => `${key}=${strictlyEncoded(value)}`).join("&");
  return url;
}
function strictlyEncoded(text3) {
  const hex = (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text3).replaceAll(/[!'()*]/g, hex);
}

// src/cache/store/s3-bucket.ts
function bucketOf(target, client) {
  return {
    target,
    send: ({ name, query, ...request }, options) => explained(() => client.send({ ...request, url: s3Address(target, name, query) }, options), target),
    failure: (answer, operation, area) => {
      debug2(`S3: ${operation} ${area}: ${answer.status} ${errorWords(answer)}`);
      const text3 = explainS3Error(answer, operation, target, area, now());
      return new TransferFailure(text3, { status: answer.status, isTransient: false });
    }
  };
}
async function explained(operation, target) {
  try {
    return await operation();
  } catch (error3) {
    if (error3 instanceof CredentialsFailure)
      throw new TransferFailure(explainCredentials(error3.message), { isTransient: false });
    if (target === void 0 || !(error3 instanceof TransferFailure) || error3.status !== void 0) throw error3;
    if (/Invalid character in header/.test(error3.message))
      throw new TransferFailure(
        "the credentials hold a line break or another character that no header may hold: correct AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN",
        { isTransient: false }
      );
    const host = new URL(target.endpoint).host;
    if (/wrong version number/.test(error3.message))
      throw new TransferFailure(`${host} speaks no TLS: write \`http://\` in \`s3-endpoint\``, {
        isTransient: false
      });
    throw new TransferFailure(`${host} cannot be reached: ${error3.message}`, {
      isTransient: error3.isTransient
    });
  }
}

// src/cache/store/s3-upload.ts
var uploadHeader = "x-amz-meta-go-deps-upload";
var mostAbort = 20;
async function s3Upload(bucket, key, id, options) {
  const { target, send } = bucket;
  const name = target.save + key;
  const metadata = { "content-type": "application/octet-stream", [uploadHeader]: id };
  const etags = /* @__PURE__ */ new Map();
  const count = (bytes) => {
    if (options.counts !== void 0) options.counts.bytes += bytes;
  };
  let begun;
  const begin = () => {
    begun ??= send({ method: "POST", name, query: { uploads: "" }, headers: metadata }, options);
    return begun;
  };
  const idOnceBegun = async () => {
    const answer = await begin();
    const upload = uploadId(answer);
    if (!isSuccess(answer) || upload === "") throw bucket.failure(answer, "save", target.save);
    return upload;
  };
  const abort = async () => {
    const answer = await begun?.catch(() => void 0);
    const upload = answer === void 0 ? "" : uploadId(answer);
    if (upload === "") return;
    const signal = AbortSignal.timeout(mostAbort * 1e3);
    try {
      await send({ method: "DELETE", name, query: { uploadId: upload } }, { ...options, signal });
    } catch (error3) {
      debug2(`S3: the parts of ${name} could not be removed: ${error3.message}`);
    }
  };
  const createObject = async (request) => {
    const headers = { ...request.headers, "if-none-match": "*" };
    const answer = await send({ ...request, headers }, options);
    if (!lacksCondition(answer)) return resultOf(bucket, name, id, answer, options);
    info2("The S3 server does not support If-None-Match: this action looks the entry up before it saves it.");
    const existing = await send({ method: "HEAD", name }, options);
    if (existing.status === 200) return { kind: "outrun" };
    return resultOf(bucket, name, id, await send(request, options), options);
  };
  if (!target.isTrusted) {
    const answer = await begin();
    if (isDenied(answer)) return { kind: "denied", message: errorWords(answer) };
  }
  return {
    leastPart: 5 * 1024 * 1024,
    putWhole: async (body) => {
      const result = await createObject({ method: "PUT", name, headers: metadata, body });
      count(result.kind === "saved" ? body.length : 0);
      await abort();
      return result;
    },
    putPart: async (number, body) => {
      const query = { partNumber: String(number), uploadId: await idOnceBegun() };
      const answer = await send({ method: "PUT", name, query, body }, options);
      const { etag = "" } = answer.headers;
      if (!isSuccess(answer) || etag === "") throw bucket.failure(answer, "save", target.save);
      etags.set(number, etag);
      count(body.length);
    },
    complete: async (numbers) => {
      const parts = numbers.map(
        (number) => `<Part><PartNumber>${number}</PartNumber><ETag>${xmlText(etags.get(number) ?? "")}</ETag></Part>`
      );
      const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
      const body = `<CompleteMultipartUpload xmlns="${namespace}">${parts.join("")}</CompleteMultipartUpload>`;
      const result = await createObject({
        ...{ method: "POST", name, query: { uploadId: await idOnceBegun() } },
        ...{ headers: { "content-type": "application/xml" }, body: Buffer.from(body) }
      });
      if (result.kind !== "saved") await abort();
      return result;
    },
    abort
  };
}
function lacksCondition(answer) {
  return answer.status === 501 || errorCode2(answer) === "NotImplemented";
}
function isDenied(answer) {
  return answer.status === 403 && errorCode2(answer) === "AccessDenied";
}
var outrunCodes = ["PreconditionFailed", "ConditionalRequestConflict"];
async function resultOf(bucket, name, id, answer, options) {
  if (isSuccess(answer)) return { kind: "saved" };
  const isOutrun2 = answer.status === 412 || outrunCodes.includes(errorCode2(answer));
  if (answer.isRetried && (isOutrun2 || errorCode2(answer) === "NoSuchUpload")) {
    const existing = await bucket.send({ method: "HEAD", name }, options);
    if (existing.headers[uploadHeader] === id) return { kind: "saved" };
  }
  if (isOutrun2) return { kind: "outrun" };
  if (isDenied(answer) && !bucket.target.isTrusted) return { kind: "denied", message: errorWords(answer) };
  throw bucket.failure(answer, "save", bucket.target.save);
}
function xmlText(text3) {
  return text3.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

// src/cache/store/s3.ts
function s3Service(target) {
  const client = s3Client(target.region);
  const bucket = bucketOf(target, client);
  return {
    name: "s3",
    unavailable: void 0,
    find: async (key, prefixes, options) => {
      const name = await findName(bucket, key, prefixes, options);
      if (name === void 0) return void 0;
      const url = s3Address(target, name.area + name.key);
      const authorize = () => explained(() => client.authorize(url));
      const explain = (failure) => explainDownload(target, name.area, failure);
      return { key: name.key, object: { url, authorize, explain } };
    },
    create: (key, options) => s3Upload(bucket, key, randomUUID3(), options),
    check: (most3) => check(bucket, Math.min(most3, mostCheck))
  };
}
var mostCheck = 15;
async function check(bucket, seconds) {
  const { target } = bucket;
  const signal = AbortSignal.timeout(seconds * 1e3);
  const late = new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  const lists = target.read.map((area) => list4(bucket, area, "", { signal }, 1));
  try {
    await Promise.race([Promise.all(lists), late]);
    return void 0;
  } catch (error3) {
    return signal.aborted ? `${new URL(target.endpoint).host} gives no answer within ${seconds} s` : error3.message;
  }
}
function explainDownload(target, area, failure) {
  const { status = 0, serviceCode, isTransient } = failure;
  if (serviceCode === void 0 || isTransient) return failure;
  const document2 = { Error: { Code: serviceCode } };
  const text3 = explainS3Error({ status, headers: {}, document: document2 }, "read", target, area, now());
  return new TransferFailure(text3, { status, isTransient, serviceCode });
}
async function findName(bucket, key, prefixes, options) {
  const { read: read2 } = bucket.target;
  const listings = /* @__PURE__ */ new Map();
  const listAll = async (prefix3) => {
    const known = [...listings].find(([listed2]) => prefix3.startsWith(listed2))?.[1];
    const all2 = known ?? await Promise.all(read2.map((area) => list4(bucket, area, prefix3, options)));
    listings.set(prefix3, all2);
    return all2;
  };
  const first = await listAll(key);
  for (const [index, area] of read2.entries())
    if (first[index]?.some(({ name }) => name === key)) return { area, key };
  for (const prefix3 of prefixes) {
    const all2 = await listAll(prefix3);
    for (const [index, area] of read2.entries()) {
      const matching = (all2[index] ?? []).filter(({ name }) => name.startsWith(prefix3));
      const [newest, ...others] = matching;
      if (newest !== void 0)
        return { area, key: others.reduce((best, one) => isNewer(one, best) ? one : best, newest).name };
    }
  }
  return void 0;
}
function isNewer(one, other) {
  return one.modified === other.modified ? one.name > other.name : one.modified > other.modified;
}
async function list4(bucket, area, prefix3, options, most3 = Number.POSITIVE_INFINITY) {
  const objects = [];
  let next = "";
  do {
    const query = {
      "list-type": "2",
      prefix: area + prefix3,
      ...most3 < 1e3 ? { "max-keys": String(most3) } : {},
      ...next === "" ? {} : { "continuation-token": next }
    };
    const answer = await bucket.send({ method: "GET", name: "", query }, options);
    if (!isSuccess(answer)) throw bucket.failure(answer, "list", area);
    const page = listPage(answer);
    if (page === void 0 || page.next === "" || page.next === next)
      throw new TransferFailure("the S3 server answers a listing that cannot be read", { isTransient: false });
    for (const { name, modified } of page.objects) {
      const key = name.slice(area.length);
      if (name.startsWith(area + prefix3) && /^[a-z0-9._-]+$/.test(key)) objects.push({ name: key, modified });
    }
    next = page.next;
  } while (next !== void 0 && objects.length < most3);
  return objects;
}

// src/cache/store/service-version.ts
function serviceVersion({
  GITHUB_SERVER_URL = "",
  ACTIONS_CACHE_SERVICE_V2 = ""
}) {
  const server = GITHUB_SERVER_URL || "https://github.com";
  const host = URL.canParse(server) ? new URL(server).hostname.toLowerCase() : "";
  const isGithub = host === "github.com" || /\.(?:ghe\.com|localhost)$/.test(host);
  return isGithub && ACTIONS_CACHE_SERVICE_V2 !== "" ? "v2" : "v1";
}

// src/platform/cache-client/client.ts
import { spawn as spawn3 } from "node:child_process";
import * as fs8 from "node:fs";
import * as path22 from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
function parseOutputCommands(output) {
  const masks = [];
  const debugLines = [];
  const annotations = [];
  for (const line of output.split(/\r?\n/)) {
    const command = /^::([a-z-]+)[^:]*::(.*)$/.exec(line);
    const [name, text3] = [command?.[1], unescaped2(command?.[2] ?? line)];
    if (name === "add-mask") masks.push(text3);
    else if (name === "warning" || name === "error") annotations.push({ level: name, text: text3.trim() });
    else if (text3.trim() !== "") debugLines.push(text3);
  }
  return { masks, debugLines, annotations };
}
function unescaped2(data) {
  return data.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}
var entryName = "entry";
var killTimeout = 3e3;
var answerName = "answer.json";
async function runCacheClient(request, place) {
  const home = fs8.realpathSync(fs8.mkdtempSync(path22.join(place.scratch, `${request.operation}-`)));
  const entry = path22.join(home, entryName);
  try {
    if (request.operation === "save" && place.folder !== void 0) renamePatiently(place.folder, entry);
    const seconds = request.operation === "save" ? place.deadlines.save : place.deadlines.restore;
    const output = await runChild(request, home, seconds, place);
    if (output === "late") return { kind: "failed", why: `no answer within ${seconds} s` };
    const answer = readAnswer(path22.join(home, answerName));
    if (answer === void 0) {
      const words2 = [...output.annotations.map(({ text: text3 }) => text3), ...output.debugLines.slice(-1)].join("; ");
      return { kind: "failed", why: `the cache client ended without an answer: ${words2}` };
    }
    if (answer.error !== void 0) return { kind: "failed", why: answer.error };
    if (request.operation === "restore" && answer.key !== void 0 && place.folder !== void 0) {
      renamePatiently(entry, place.folder);
    }
    const message = output.annotations.map(({ text: text3 }) => text3).join("; ");
    return { kind: "done", ...answer, message, debugOutput: output.debugLines.join("\n") };
  } catch (error3) {
    return { kind: "failed", why: error3.message };
  } finally {
    removeIfPossible(home);
  }
}
async function runChild(request, home, seconds, {
  variables: variables2,
  onOutput = () => void 0
}) {
  const child3 = spawn3(process.execPath, [...cacheClientArguments()], {
    cwd: home,
    env: cacheClientEnvironment(home, variables2),
    stdio: ["pipe", "pipe", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true
  });
  const stop = () => killTree(child3);
  const release = onExit(stop);
  const chunks = [];
  for (const stream of [child3.stdout, child3.stderr]) {
    stream.on("data", (chunk) => {
      chunks.push(chunk);
      onOutput(chunk.toString("utf8"));
    });
  }
  child3.stdin.on("error", () => debug2("the cache client closed its input early"));
  child3.stdin.end(JSON.stringify(request));
  let timer;
  const late = new Promise((resolve6) => {
    timer = setTimeout(() => resolve6("late"), seconds * 1e3);
  });
  const ended = new Promise((resolve6, reject) => {
    child3.once("error", reject);
    child3.once("close", () => resolve6("ended"));
  });
  try {
    const outcome = await Promise.race([ended, late]);
    if (outcome === "late") {
      stop();
      await waitForExit(child3, ended);
    }
    return forwardOutput(Buffer.concat(chunks).toString("utf8"), outcome);
  } finally {
    clearTimeout(timer);
    release();
    stop();
  }
}
async function waitForExit(child3, ended) {
  const timer = new AbortController();
  const isGone = await Promise.race([
    ended.then(() => true),
    delay(killTimeout, false, { signal: timer.signal })
  ]);
  timer.abort();
  if (isGone) return;
  debug2(`the cache client (process ${child3.pid}) could not be stopped`);
  for (const stream of [child3.stdin, child3.stdout, child3.stderr]) stream?.destroy();
  child3.unref();
}
function forwardOutput(output, outcome) {
  const commands = parseOutputCommands(output);
  for (const secret of commands.masks) mask(secret);
  for (const line of commands.debugLines) debug2(line);
  return outcome === "late" ? "late" : commands;
}
function readAnswer(file) {
  try {
    return JSON.parse(fs8.readFileSync(file, "utf8"));
  } catch {
    return void 0;
  }
}
function cacheClientEnvironment(home, variables2) {
  const inherited = Object.entries(childEnvironment(variables2)).filter(
    ([name]) => !/^(INPUT_|STATE_|GITHUB_(ENV|OUTPUT|PATH|STATE|STEP_SUMMARY)$|TAR_OPTIONS$)/i.test(name)
  );
  return { ...Object.fromEntries(inherited), GITHUB_WORKSPACE: home, RUNNER_TEMP: home };
}
function cacheClientArguments() {
  const script = entryUrl("cache-client");
  const swap = new URL("./envelope-swap.ts", import.meta.url).href;
  return [...script.pathname.endsWith(".ts") ? ["--import", swap] : [], fileURLToPath(script)];
}

// src/cache/store/toolkit.ts
function toolkitStore(given, scratch2, deadlines) {
  const variables2 = withClosedAddress(given);
  return {
    unavailable: unavailability2(variables2),
    restore: async (key, prefixes, folder) => {
      const answer = await runCacheClient(
        { operation: "restore", key, prefixes },
        { scratch: scratch2, folder, deadlines, variables: variables2 }
      );
      if (answer.kind !== "done") return answer;
      if (answer.corrupt !== void 0) return { kind: "corrupt", why: answer.corrupt };
      if (answer.key === void 0) return { kind: "nothing", message: answer.message };
      try {
        return { kind: "restored", key: answer.key, entry: openFolder(folder) };
      } catch (error3) {
        if (error3 instanceof CorruptArchive) return { kind: "corrupt", why: error3.message };
        throw error3;
      }
    },
    find: async (key, prefixes) => {
      const answer = await runCacheClient(
        { operation: "lookup", key, prefixes },
        { scratch: scratch2, deadlines, variables: variables2 }
      );
      if (answer.kind !== "done") return answer;
      return answer.key === void 0 ? { kind: "nothing", message: answer.message } : { kind: "found", key: answer.key };
    },
    holds: async (key) => {
      const answer = await runCacheClient(
        { operation: "lookup", key, prefixes: [] },
        { scratch: scratch2, deadlines, variables: variables2 }
      );
      if (answer.kind !== "done") return answer;
      return answer.key === key ? { kind: "exists" } : { kind: "nothing", message: answer.message };
    },
    save: async (key, entry, folder, onAccepted = () => void 0) => {
      if (!await entry.toFolder(folder)) return { kind: "withdrawn" };
      let last = "";
      const onOutput = (text3) => {
        if (accepted.test(last + text3)) onAccepted();
        last = text3.slice(-100);
      };
      const answer = await runCacheClient(
        { operation: "save", key, prefixes: [] },
        { scratch: scratch2, folder, deadlines, variables: variables2, onOutput }
      );
      if (answer.kind !== "done") return answer;
      if (answer.saved === true) return { kind: "saved" };
      const denial = denialIn(`${answer.message}
${answer.debugOutput}`);
      if (denial !== void 0) return { kind: "denied", message: denial };
      const fault = wrappingFault(answer.message, answer.debugOutput);
      if (fault !== void 0) return { kind: "not-wrapped", message: fault };
      if (isOutrun(answer.message, answer.debugOutput)) return { kind: "outrun" };
      return { kind: "not-saved", message: answer.message };
    }
  };
}
var accepted = /Attempting to upload cache|Saving Cache \(ID:/;
function wrappingFault(message, debugOutput) {
  const fault = /failed with (?:error|exit code)|Unable to locate executable file: [^.]*/.exec(message)?.[0];
  if (fault === void 0) return void 0;
  const toolErrors = debugOutput.split("\n").filter((line) => /(?:^|[\s/\\])(?:tar|zstd(?:mt)?|gzip)(?:\.exe)?(?: \(child\))?: /.test(line));
  return toolErrors.length === 0 ? message.replace(/^Failed to save: /, "") : [...new Set(toolErrors)].join("; ");
}
function isOutrun(message, debugOutput) {
  return /another job may be/.test(message) && /\(409\)|already.exists/i.test(`${message}
${debugOutput}`);
}
function unavailability2(variables2) {
  const name = serviceVersion(variables2) === "v2" ? "ACTIONS_RESULTS_URL" : "ACTIONS_CACHE_URL";
  return (variables2[name] ?? "") === "" ? "this runner offers no cache service" : void 0;
}
function withClosedAddress(variables2) {
  const { ACTIONS_CACHE_URL: url = "" } = variables2;
  return url === "" || url.endsWith("/") ? variables2 : { ...variables2, ACTIONS_CACHE_URL: `${url}/` };
}

// src/cache/store/choose.ts
function chooseBackend(variables2, backend) {
  if (backend !== "auto") return backend;
  return serviceVersion(variables2) === "v2" ? "github" : "toolkit";
}
function chooseStore(variables2, scratch2, backend = "auto") {
  const deadlines = storeDeadlines(variables2);
  if (chooseBackend(variables2, backend) === "toolkit") return toolkitStore(variables2, scratch2, deadlines);
  const older = toolkitStore({ ...variables2, ACTIONS_CACHE_SERVICE_V2: "" }, scratch2, deadlines);
  if (backend !== "auto" || older.unavailable !== void 0) return githubStore(variables2, deadlines);
  return withFallback((onForeign) => githubStore(variables2, deadlines, onForeign), older);
}
function withFallback(start, other) {
  let isForeign = false;
  const first = start((why) => {
    if (!isForeign) info2(`This step uses version 1 of the cache service, through @actions/cache: ${why}`);
    isForeign = true;
  });
  const attempt = async (operation) => {
    if (isForeign) return operation(other);
    const result = await operation(first);
    return isForeign && result.kind === "failed" ? operation(other) : result;
  };
  return {
    unavailable: first.unavailable,
    restore: (key, prefixes, folder) => attempt((store2) => store2.restore(key, prefixes, folder)),
    find: (key, prefixes) => attempt((store2) => store2.find(key, prefixes)),
    holds: (key) => attempt((store2) => store2.holds(key)),
    save: (key, entry, folder, onAccepted) => (isForeign ? other : first).save(key, entry, folder, onAccepted)
  };
}
async function openS3Store(variables2, target, isChecked) {
  const service = s3Service(target);
  const deadlines = storeDeadlines(variables2);
  const unavailable = isChecked ? await service.check(deadlines.restore) : void 0;
  return objectStore({ ...service, unavailable }, deadlines);
}

// src/cache/cache.ts
async function saveCaches(plan, state, transfer) {
  const saveOne = async (decision, save, finish = (refusal) => refuse(refusal)) => {
    try {
      return decision.save ? await save(decision.why) : finish(decision.refusal);
    } catch (error3) {
      return refuse({ rule: "error" }, reason(error3));
    }
  };
  const whole = plan.isWholeJob;
  const [modules, build, toolchain] = await Promise.all([
    saveOne(plan.modules, (why) => saveModules(transfer, state, why, whole)),
    saveOne(
      plan.build,
      (why) => saveBuild(transfer, state, { why, whole }),
      (refusal) => finishWithoutSaving(state, refusal)
    ),
    saveOne(plan.toolchain, (why) => saveToolchain(transfer, state, why))
  ]);
  return [
    { name: "modules", outcome: modules },
    { name: "build", outcome: build },
    { name: "toolchain", outcome: toolchain }
  ];
}
function reason(error3) {
  return error3 instanceof Error ? error3.message : String(error3);
}
async function startTransfer(folder, variables2, choice2, isChecked) {
  const store2 = typeof choice2 === "object" ? await openS3Store(variables2, choice2, isChecked) : chooseStore(variables2, folder, choice2);
  return { store: store2, folder, variables: variables2, access: writeAccess() };
}

// src/cache/excluded-modules.ts
var privatePatternsVariable = "GO_DEPS_PRIVATE_MODULES";
function excludeForOtherUses(state, shared) {
  if (shared === "" || state.keepsPrivate) return state;
  const { modules, build } = state;
  const why = "another use of this action in this job has `credentials` or `ssh-private-key`, and everyone who can read the cache could read their private modules; to save it anyway, set `cache-private: true`";
  return {
    ...state,
    ...modules === void 0 ? {} : { modules: { ...modules, excluded: mergePatterns(modules.excluded, shared) } },
    ...build === void 0 ? {} : {
      build: {
        ...build,
        excluded: {
          ...build.excluded,
          always: true,
          why: build.excluded.always ? build.excluded.why : why,
          patterns: mergePatterns(build.excluded.patterns, shared)
        }
      }
    }
  };
}

// src/report/report.ts
var titles = {
  modules: "Module cache",
  build: "Build cache",
  toolchain: "Go toolchain"
};
function saveOutputsOf(saves) {
  const keys2 = (one) => saves.filter(({ name, outcome }) => name === one && outcome.saved).map(({ outcome }) => outcome.key);
  const [modules, build] = [keys2("modules"), keys2("build")];
  return {
    "modules-saved": String(modules.length > 0),
    "modules-saved-key": modules.join("\n"),
    "build-saved": String(build.length > 0),
    "build-saved-key": build.join("\n")
  };
}

// src/report/log.ts
function countsText({ reused, fresh, pruned }) {
  const all2 = reused.objects + fresh.objects;
  const texts = [
    all2 === 0 ? "nothing was built" : `${percentText(reused.objects, all2)} of ${all2} build object${all2 === 1 ? "" : "s"} reused`
  ];
  if (pruned.objects > 0) texts.push(`${pruned.objects} unused dropped from the entry`);
  return texts.join(", ");
}
function saveLog({ name, outcome }) {
  return {
    heading: `${titles[name]}: ${saveText(outcome)}`,
    lines: [
      ...outcome.key === "" ? [] : [`key: ${outcome.key}`],
      ...outcome.counts === void 0 ? [] : [`in this job: ${countsText(outcome.counts)}`],
      ...transferLines(outcome.transfer)
    ]
  };
}
function transferLines(figures) {
  if (figures === void 0) return [];
  const { store: store2, bytes, seconds, requests, retries } = figures;
  const retried = retries === 0 ? "" : `, ${retries} of them retried`;
  return [
    `transfer: ${bytesText(bytes)} in ${secondsText(seconds)}, ${rateText(figures)}, ${requests} request${requests === 1 ? "" : "s"}${retried} (cache-backend ${store2})`
  ];
}
function saveText(outcome) {
  if (outcome.upToDate === true || outcome.exists)
    return `up to date, nothing new to save${outcome.why === "" ? "" : ` (${outcome.why})`}`;
  if (!outcome.saved) return `not saved, ${outcome.why}`;
  return `saved, ${outcome.files} files, ${bytesText(outcome.bytes)} stored, in ${secondsText(outcome.seconds)} (${outcome.why})`;
}

// src/report/markdown.ts
var longest4 = 200;
function prose(text3, most3 = longest4) {
  const pieces2 = shortened(text3, most3).split(/(`[^`]*[^`\s][^`]*`)/).flatMap(
    (piece, index) => index % 2 === 1 ? span(piece.slice(1, -1).trim()) : piece.split(/( )/).map(word)
  ).filter((piece) => piece !== "");
  const apart = (all2, piece) => all2.endsWith("`") && piece.startsWith("`") ? `${all2} ` : all2;
  return atStart(pieces2.reduce((all2, piece) => `${apart(all2, piece)}${piece}`, ""));
}
function lines(text3, most3) {
  return shortenedTo(text3, most3).split(/[\r\n]+/).map((line) => prose(line, most3)).filter((line) => line !== "").join("<br>");
}
function document(sections, most3) {
  const texts = sections.filter((section) => section.length > 0).map((section) => `${section.join("\n")}
`);
  const bytes = (count2) => Buffer.byteLength(texts.slice(0, count2).join("\n"));
  let count = texts.length;
  while (count > 1 && bytes(count) > most3) count--;
  return texts.slice(0, count).join("\n");
}
function word(text3) {
  const [, before = "", core = "", after = ""] = /^([("'“]*)(.*?)([)"'”.,;:!?]*)$/.exec(text3) ?? [];
  return /@|:\/\/|www\.|:\w/i.test(core) ? `${references(before)}${span(core)}${references(after)}` : references(text3);
}
function references(text3) {
  return text3.replaceAll(/[&<>|`*_[\]#\\~$!@]|:(?=\/\/)|(?<=www)\./gi, reference);
}
function atStart(text3) {
  return text3.replace(/^[-+=]/, reference).replace(/^(\d+)([.)])(?= |$)/, (_, digits, mark) => digits + reference(mark));
}
function reference(character) {
  return `&#${character.codePointAt(0)};${character === "@" ? "&#8288;" : ""}`;
}
function span(text3) {
  if (text3 === "") return "";
  const fence = fenceFor(text3, 1);
  const blank = text3.startsWith("`") || text3.endsWith("`") ? " " : "";
  return `${fence}${blank}${text3}${blank}${fence}`;
}
function fenceFor(text3, least) {
  const runs = text3.match(/`+/g) ?? [];
  return "`".repeat(Math.max(least, ...runs.map((run2) => run2.length + 1)));
}
function shortened(text3, most3) {
  return shortenedTo(cleaned2(text3).replaceAll(/ +/g, " ").trim(), most3).trim();
}
function cleaned2(text3) {
  return text3.toWellFormed().replaceAll(/[\p{Cc}\p{Bidi_Control}\s]/gu, " ");
}
function shortenedTo(text3, most3) {
  return text3.length <= most3 ? text3 : `${text3.slice(0, most3 - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

// src/report/summary-caches.ts
var reasonLength = 400;
function reasonLine(name, text3) {
  return `- **${titles[name]}**: ${prose(text3, reasonLength)}`;
}
function savesSummary(saves, most3) {
  const result = resultText(saves);
  const warningSign = saves.some(({ outcome }) => outcome.error !== "") ? "⚠️ " : "";
  const counts = saves.flatMap(
    ({ outcome: { counts: one } }) => one === void 0 || one.reused.objects + one.fresh.objects === 0 ? [] : [countsText(one)]
  );
  const explained2 = new Set(saves.filter(({ outcome }) => outcome.saved || outcome.upToDate === true));
  const others = saves.filter((one) => !explained2.has(one));
  const list5 = result.isWhole ? [] : others.map(({ name, outcome }) => reasonLine(name, reasonText(outcome)));
  return document(
    [[`${warningSign}**Go dependencies**: ${prose([result.text, ...counts].join(". "), 600)}`], list5],
    most3
  );
}
function resultText(saves) {
  const saved = saves.filter(({ outcome }) => outcome.saved);
  if (saved.length > 0) {
    const names = saved.map(
      ({ name, outcome }) => `${titles[name].toLowerCase()} ${bytesText(outcome.bytes)}`
    );
    const seconds = Math.max(...saved.map(({ outcome }) => outcome.seconds));
    return {
      text: `saved for the next run: ${names.join(", ")} stored, in ${secondsText(seconds)}`,
      isWhole: false
    };
  }
  if (saves.some(({ outcome }) => outcome.error !== "")) {
    return { text: "nothing is saved, because the cache did not work", isWhole: false };
  }
  if (saves.every(({ outcome }) => outcome.upToDate === true)) {
    return { text: "up to date, nothing new to save", isWhole: true };
  }
  const [first, ...reasons] = new Set(
    saves.filter(({ outcome }) => outcome.upToDate !== true).map(({ outcome }) => outcome.why)
  );
  return reasons.length === 0 ? { text: `nothing is saved: ${first}`, isWhole: true } : { text: "nothing is saved", isWhole: false };
}
function reasonText({ why, error: error3 }) {
  return error3 === "" || error3 === why ? why : `${why} (${error3})`;
}

// src/report/summary.ts
var mostBytes = 2e5;
var most2 = {
  failures: 10,
  openPlaces: 5,
  places: 30,
  dependencies: 20,
  modules: 50,
  variables: 20,
  planned: 500
};
var length = { failure: 2e3, advice: 600 };
var subject = "Go dependencies";
var failedHeading = [`### ❌ ${subject}: failed`];
function postSummary(saves) {
  return savesSummary(saves, mostBytes);
}
function failureSummary(failures) {
  return document([failedHeading, failureList(failures)], mostBytes);
}
function failureList(failures) {
  return listed(most2.failures, failures, (failure) => lines(failure, length.failure));
}
function listed(count, all2, item) {
  return firstLinesOf(all2.map(item), count).map((text3) => `- ${text3}`);
}

// src/phases/report.ts
async function reportSaves(saves, state) {
  const reported = saves.filter(({ name }) => state[name] !== void 0);
  for (const report of reported) logGroup(saveLog(report));
  for (const { outcome } of reported) if (outcome.warning !== void 0) warning2(outcome.warning);
  const warning3 = cacheWarning(saves.map((report) => report.outcome));
  if (warning3 !== void 0 && !state.warned) warning2(warning3);
  else if (warning3 !== void 0) info2(warning3);
  const isProblem = warning3 !== void 0 || reported.some(({ outcome }) => outcome.warning !== void 0);
  const isNews = reported.some(({ outcome: { rule: rule2 } }) => rule2 !== "saved-before" && rule2 !== "restores-only");
  if (isNews) await summarize(state.summary, isProblem, () => postSummary(reported));
}
async function reportFailure(failures, inputs) {
  await summarize(inputs?.summary ?? "on-problem", true, () => failureSummary(failures));
}
async function summarize(requested, isProblem, text3) {
  if (requested === "always" || requested === "on-problem" && isProblem)
    await appendToSummary(text3());
}
function setOutputs(outputs) {
  for (const [name, value] of Object.entries(outputs)) setOutput2(name, value);
}
function failForProblems(problems) {
  for (const problem of problems) {
    error2(problemText(problem), placed(problem));
    const { file = "the checkout", shown: shown2, shownAs = `What would change in ${file}` } = problem;
    if (shown2 !== void 0) group(shownAs, shown2);
  }
  return problems.map(problemText);
}
function placed({
  file,
  line
}) {
  return { ...file === void 0 ? {} : { file }, ...line === void 0 ? {} : { line } };
}

// src/state.ts
var stateName = "state";
var maxStateSize = 24 * 1024;
function decodeState(text3, isOwn) {
  const state = objectIn(text3);
  const caches = [state?.modules, state?.build, state?.toolchain].filter((cache) => cache !== void 0);
  const isValid = state?.version === 1 && typeof state.folder === "string" && isOwn(state.folder) && isStoreChoice(state.backend) && ["yes", "no", "if-nothing-found"].includes(state.save ?? "") && typeof state.why === "string" && caches.every((cache) => typeof cache?.directory === "string" && typeof cache.key === "string");
  return isValid ? state : void 0;
}
function isStoreChoice(choice2) {
  if (typeof choice2 !== "object") return ["auto", "github", "toolkit"].includes(choice2 ?? "");
  const texts = [choice2?.bucket, choice2?.region, choice2?.endpoint, choice2?.save];
  return texts.every((text3) => typeof text3 === "string") && Array.isArray(choice2.read);
}
function jobStatus(text3) {
  const word2 = text3.trim().toLowerCase();
  return word2 === "success" || word2 === "failure" || word2 === "cancelled" ? word2 : "unknown";
}

// src/phases/uses.ts
import * as path23 from "node:path";
var planName = "plan.json";
var savedName = "saved.json";
var longest5 = 128 * 1024;
function readEarlierUses() {
  const parent = jobDirParent();
  return entriesOf(parent).flatMap(({ name }) => readPlan(path23.join(parent, name)) ?? []).sort((one, other) => one.began - other.began);
}
function readPlan(folder) {
  if (!isJobDir(folder)) return void 0;
  const { job, began, state, why } = objectOf(folder, planName);
  if (job !== jobIdentity() || typeof began !== "number") return void 0;
  if (typeof state !== "string" || typeof why !== "string") return void 0;
  if (state === "") return { began, state: void 0, why };
  const decoded = decodeState(state, (named) => named === folder);
  return decoded === void 0 ? void 0 : { began, state: decoded, why: "" };
}
function markSaved({ folder, saved = [] }, saves) {
  const names = saves.filter(({ outcome }) => outcome.saved).map(({ name }) => name);
  write2(folder, savedName, { names: [...saved, ...names] });
}
function withSaved(state) {
  const { names } = objectOf(state.folder, savedName);
  const saved = ["modules", "build", "toolchain"].filter(
    (name) => Array.isArray(names) && names.includes(name)
  );
  return saved.length === 0 ? state : { ...state, saved };
}
function objectOf(folder, name) {
  return { ...objectIn(readTextUpTo(path23.join(folder, name), longest5) ?? "") };
}
function write2(folder, name, value) {
  try {
    replaceFile(path23.join(folder, name), JSON.stringify(value));
  } catch (error3) {
    debug2(`cannot write ${name}: ${error3.message}`);
  }
}

// src/phases/save.ts
async function saveUse(state, variables2) {
  makeDirectory(state.folder);
  const status = jobStatus(variables2[variableOf("job-status")] ?? "");
  const allowed = excludeForOtherUses(state, variables2[privatePatternsVariable] ?? "");
  const transfer = await startTransfer(state.folder, variables2, state.backend, false);
  return saveCaches(planSave(allowed, status), allowed, transfer);
}
function isSaveAction(variables2) {
  return variables2[variableOf("sub-action")] === "save";
}
async function saveNow(all2) {
  const foreign = foreignInputsOfSave(all2);
  if (foreign.length > 0) {
    await reportFailure(failForProblems([foreignProblem(foreign)]), void 0);
    return;
  }
  const variables2 = withoutSecretInputs(all2);
  const uses = readEarlierUses();
  if (uses.length === 0) warning2(noEarlierUse);
  for (const { why } of uses.filter(({ state }) => state === void 0))
    info2(`There is nothing to save for an earlier step: ${why}.`);
  const planned = uses.flatMap(({ state }) => state ?? []);
  for (const state of planned.filter(({ restoresOnly }) => restoresOnly))
    announceSave(state.folder, state.save);
  const saves = [];
  for (const state of planned) saves.push(...await saveEarlierUse(state, variables2));
  setOutputs(saveOutputsOf(saves));
}
async function saveEarlierUse(state, variables2) {
  const { restoresOnly, ...planned } = withSaved(state);
  try {
    const saves = await saveUse(planned, variables2);
    markSaved(planned, saves);
    const modules = saves.find(({ name }) => name === "modules")?.outcome;
    if (restoresOnly)
      announceSave(state.folder, modules?.saved || modules?.exists || modules?.upToDate ? "yes" : "no");
    await reportSaves(saves, planned);
    return saves;
  } catch (error3) {
    warning2(`Nothing was saved: ${error3.message}`);
    return [];
  }
}
var noEarlierUse = "Nothing is saved: no step of this job has planned a save. Before this step, add one with `org/go-deps-action/restore@v0` or `org/go-deps-action@v0`, after actions/checkout. If there is one, it failed, it was skipped, or a step cleared RUNNER_TEMP.";
function foreignProblem(names) {
  const list5 = names.map((name) => `\`${name}\``).join(", ");
  return {
    what: `\`org/go-deps-action/save\` has no inputs, but ${list5} ${names.length === 1 ? "is" : "are"} set`,
    allowed: "",
    fix: "Remove the inputs. This step saves what the step with `org/go-deps-action/restore` or `org/go-deps-action` planned, so set them there."
  };
}

// src/post.ts
async function runPost() {
  const later = new LaterSteps();
  const variables2 = removeInPost(["ssh", "credentials"], withoutSecretInputs(processEnv()), later);
  const end = () => {
    removeInPost(["work", "bundle", "certificates"], variables2, later);
    later.write();
  };
  const unregister = onExit(end);
  try {
    await saveAll(variables2);
  } finally {
    end();
    unregister();
  }
}
async function saveAll(variables2) {
  const text3 = savedState(stateName);
  const state = decodeState(text3, isJobDir);
  if (state === void 0) {
    const unreadable3 = "Nothing is saved: the state from the main step cannot be read.";
    info2(text3 === "" ? "There is nothing to save." : unreadable3);
    return;
  }
  try {
    await reportSaves(await saveUse(withSaved(state), variables2), state);
  } catch (error3) {
    warning2(`Nothing was saved: ${error3.message}`);
  } finally {
    const { makeRemovable: removable = "" } = state;
    if (mustBeRemovable(removable, workspaceFolder(variables2))) makeRemovable(removable);
  }
}
var variables = processEnv();
await runPhase("post", () => isSaveAction(variables) ? saveNow(variables) : runPost());
