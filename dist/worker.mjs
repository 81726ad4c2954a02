import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);

// src/cache/archive/hash-files.ts
import { createHash as createHash2 } from "node:crypto";

// src/gofiles/h1.ts
import { createHash } from "node:crypto";
function treeHashOf(files) {
  const sorted = files.map((file) => ({ ...file, bytes: Buffer.from(file.name) })).sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  const hash2 = createHash("sha256");
  for (const { name, sha256 } of sorted) hash2.update(`${sha256}  ${name}
`);
  return `h1:${hash2.digest("base64")}`;
}

// src/platform/files.ts
import * as fs3 from "node:fs";

// src/platform/open-files.ts
import * as fs from "node:fs";
function openToRead(file) {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
  return fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}
function createFile(file, mode2 = 420) {
  return fs.openSync(file, "wx", mode2);
}
function openToWrite(file) {
  return fs.openSync(file, "r+");
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
function writeAt(fd, bytes, position) {
  let done = 0;
  while (done < bytes.length) done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done);
}
function setFileTime(fd, seconds) {
  fs.futimesSync(fd, seconds, seconds);
}
function errorCode(error) {
  return error?.code;
}

// src/platform/machine.ts
function platform() {
  return process.platform;
}

// src/platform/rename.ts
import * as fs2 from "node:fs";
function renamePatiently(from, to) {
  retryIfLocked(() => fs2.renameSync(from, to));
}
function retryIfLocked(action, system = process.platform) {
  const last = performance.now() + (system === "win32" ? 2e3 : 0);
  for (; ; ) {
    try {
      action();
      return;
    } catch (error) {
      const isLocked = ["EPERM", "EACCES", "EBUSY"].includes(errorCode(error) ?? "");
      if (!isLocked || performance.now() >= last) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

// src/platform/files.ts
function lstatIn(file) {
  return fs3.lstatSync(file, { throwIfNoEntry: false });
}
function setDirectoryTime(directory, seconds) {
  fs3.utimesSync(directory, seconds, seconds);
}
function setMode(file, mode2) {
  fs3.chmodSync(file, mode2);
}
function createDirectory(directory) {
  fs3.mkdirSync(directory, 493);
}
function removeFile(file) {
  fs3.unlinkSync(file);
}
function removeIfEmpty(directory) {
  if (fs3.readdirSync(directory).length > 0) return false;
  fs3.rmdirSync(directory);
  return true;
}

// src/platform/workers.ts
import { parentPort, Worker } from "node:worker_threads";

// src/errors.ts
var ActionError = class extends Error {
  code;
  constructor(code, message, options) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
};
var CorruptArchive = class extends ActionError {
  constructor(message) {
    super("corrupt-archive", message);
  }
};

// src/platform/uninterrupted.ts
import { isMainThread, workerData } from "node:worker_threads";
var states = { free: 0, busy: 1, stopped: 2 };
var own = isMainThread ? void 0 : workerData?.stoppable;
var isInCall = false;
function uninterrupted(call) {
  if (own === void 0 || isInCall) return call();
  while (Atomics.compareExchange(own, 0, states.free, states.busy) !== states.free)
    Atomics.wait(own, 0, states.stopped);
  isInCall = true;
  try {
    return call();
  } finally {
    isInCall = false;
    Atomics.store(own, 0, states.free);
    Atomics.notify(own, 0);
  }
}

// src/platform/workers.ts
var fileCost = 16 * 1024;
function serveJobs(handlers2) {
  parentPort?.once(
    "message",
    (jobs) => parentPort?.postMessage(runAll(jobs, handlers2))
  );
}
function runAll(jobs, handlers2) {
  return jobs.map((job) => {
    const handler = handlers2[job.task];
    if (handler === void 0) throw new Error(`unknown task ${job.task}`);
    return handler(job.data);
  });
}

// src/cache/archive/zip-hash.ts
import { hash } from "node:crypto";
import { crc32, inflateRawSync } from "node:zlib";

// src/platform/zip-directory.ts
var length = { local: 30, entry: 46, end: 22, locator: 20 };
var signature = { local: 67324752, entry: 33639248, end: 101010256, locator: 117853008 };
var longestComment = 65535;
function truncatedZip() {
  return new Error("it is truncated");
}
function zipReader(zip) {
  return (position, count) => {
    if (position < 0 || position + count > zip.length) throw truncatedZip();
    return zip.subarray(position, position + count);
  };
}
function readZipDirectory(at, size2) {
  const tail = at(
    Math.max(0, size2 - length.end - longestComment),
    Math.min(size2, length.end + longestComment)
  );
  let end = tail.length - length.end;
  while (end >= 0 && tail.readUInt32LE(end) !== signature.end) end--;
  if (end < 0) throw new Error("it is not a zip");
  const count = tail.readUInt16LE(end + 10);
  const [directorySize, directoryStart] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  const endsWithComment = end + length.end + tail.readUInt16LE(end + 20) === tail.length;
  const isBeforeEnd = directoryStart + directorySize === size2 - tail.length + end;
  const isLong = end >= length.locator && tail.readUInt32LE(end - length.locator) === signature.locator;
  if (!endsWithComment || !isBeforeEnd || isLong)
    throw new Error("its directory is not at the expected position");
  const directory = at(directoryStart, directorySize);
  const entries = [];
  let position = 0;
  for (; position + length.entry <= directory.length; ) {
    if (directory.readUInt32LE(position) !== signature.entry) throw new Error("its directory is corrupt");
    const lengthAt = (offset) => directory.readUInt16LE(position + offset);
    const nameEnd = position + length.entry + lengthAt(28);
    entries.push({
      name: directory.toString("utf8", position + length.entry, nameEnd),
      method: lengthAt(10),
      flags: lengthAt(8),
      crc: directory.readUInt32LE(position + 16),
      packed: directory.readUInt32LE(position + 20),
      size: directory.readUInt32LE(position + 24),
      offset: directory.readUInt32LE(position + 42)
    });
    position = nameEnd + lengthAt(30) + lengthAt(32);
  }
  if (position !== directory.length || entries.length !== count) throw new Error("its directory is corrupt");
  return entries;
}
function contentStart(at, { name, offset }) {
  const header = at(offset, length.local);
  if (header.readUInt32LE(0) !== signature.local) throw new Error(`${name} has no header`);
  return offset + length.local + header.readUInt16LE(26) + header.readUInt16LE(28);
}

// src/cache/archive/zip-hash.ts
var longest = 500 * 1024 * 1024;
var zipInMemory = 16 * 1024 * 1024;
var hasDescriptor = 8;
var descriptorSignature = 134695760;
var descriptorLength = 12;
function zipHash(file) {
  return hashOrError(() => {
    const fd = openToRead(file);
    try {
      const size2 = fstat(fd).size;
      if (size2 <= zipInMemory) return hashOf(zipReader(readInto(fd, size2)), size2);
      return hashOf((position, count) => {
        const bytes = Buffer.allocUnsafe(count);
        if (position < 0 || read(fd, bytes, 0, count, position) !== count) throw truncatedZip();
        return bytes;
      }, size2);
    } finally {
      close(fd);
    }
  });
}
function zipHashOf(zip) {
  return hashOrError(() => hashOf(zipReader(zip), zip.length));
}
function hashOrError(hash2) {
  try {
    return hash2();
  } catch (error) {
    return `no hash: ${error.message}`;
  }
}
function hashOf(at, size2) {
  if (size2 > longest) throw new Error("it is too large for a module");
  const entries = readZipDirectory(at, size2);
  if (new Set(entries.map(({ name }) => name)).size !== entries.length)
    throw new Error("it holds two files with the same name");
  if (entries.reduce((sum, entry) => sum + entry.size, 0) > longest)
    throw new Error("its files are too large for a module");
  return treeHashOf(entries.map((entry) => digestOf(at, entry)));
}
function digestOf(at, entry) {
  const { name, method, packed, size: size2 } = entry;
  if (name.includes("\n")) throw new Error("it holds a name with a line break");
  const start = contentStart(at, entry);
  const bytes = packed === 0 ? Buffer.alloc(0) : at(start, packed);
  if (method !== 0 && method !== 8)
    throw new Error(`${name} uses a compression method that Go does not support`);
  const content = method === 0 ? bytes : uninterrupted(() => inflateRawSync(bytes, outputOf(size2)));
  if (content.length !== size2) throw new Error(`${name} does not have the length in its directory entry`);
  checkCrc(at, entry, start + packed, crc32(content));
  return { name, sha256: hash("sha256", content, "hex") };
}
function checkCrc(at, { name, flags, crc }, end, found) {
  const isNamed = (flags & hasDescriptor) !== 0;
  if (isNamed) {
    const from = at(end, 4).readUInt32LE(0) === descriptorSignature ? end + 4 : end;
    if (at(from, descriptorLength).readUInt32LE(0) !== crc)
      throw new Error(`${name} has different CRCs in its descriptor and in the directory`);
  }
  if ((isNamed || crc !== 0) && found !== crc) throw new Error(`${name} does not match its CRC`);
}
function outputOf(size2) {
  return { chunkSize: Math.max(64, size2 + 1), maxOutputLength: Math.max(1, size2) };
}
var room = Buffer.alloc(0);
function readInto(fd, size2) {
  if (room.length < size2) room = Buffer.allocUnsafe(size2);
  if (read(fd, room, 0, size2, 0) !== size2) throw truncatedZip();
  return room.subarray(0, size2);
}

// src/cache/archive/hash-files.ts
var pieceSize = 1024 * 1024;
function hashFiles({ directory, files }) {
  const buffer = hashBuffer();
  return files.map((file) => ({ file, sha256: hashFile(`${directory}/${file}`, buffer) }));
}
function hashBuffer() {
  return Buffer.allocUnsafe(pieceSize);
}
function hashFile(file, buffer) {
  const fd = openToRead(file);
  try {
    const hash2 = createHash2("sha256");
    for (let left = fstat(fd).size; ; ) {
      const count = read(fd, buffer, 0, buffer.length);
      hash2.update(buffer.subarray(0, count));
      left -= count;
      if (count === 0 || left <= 0) return hash2.digest("hex");
    }
  } finally {
    close(fd);
  }
}
function describeFilesInWorker({ files }) {
  const buffer = hashBuffer();
  return files.map((file) => {
    const sha256 = hashFile(file, buffer);
    const h1 = file.endsWith(".zip") ? zipHash(file) : treeHashOf([{ name: "go.mod", sha256 }]);
    return { size: lstatIn(file)?.size ?? 0, sha256, h1 };
  });
}
var costOfHashing = 1 / 8;
var fileWeight = 16 * 1024;

// src/cache/archive/pack-shard.ts
import { createHash as createHash5 } from "node:crypto";

// src/gofiles/cache-layout.ts
var object = /^([0-9a-f]{2})\/\1[0-9a-f]{62}-(?:a|d(?:\/[^/]+)?)$/;
var dataDirectory = /^([0-9a-f]{2})\/\1[0-9a-f]{62}-d$/;
var fuzzing = /^fuzz(?:\/[^/]+)*$/;
var testExpiry = "testexpire.txt";
function isOfBuildCache(path, isDirectory) {
  if (isDirectory) return /^[0-9a-f]{2}$/.test(path) || dataDirectory.test(path) || fuzzing.test(path);
  return object.test(path) || path.startsWith("fuzz/") && fuzzing.test(path) || path === testExpiry;
}

// src/platform/shared-ring.ts
import { isMainThread as isMainThread2 } from "node:worker_threads";
var slots = { filled: 0, taken: 1, state: 2 };
var states2 = { open: 0n, ended: 1n, failed: 2n };
var RingFailed = class extends ActionError {
  constructor() {
    super("ring-failed", "the other side of the transfer failed");
  }
};
function filledUpTo(ring) {
  return Number(load(ring, slots.filled));
}
function takenUpTo(ring) {
  return Number(load(ring, slots.taken));
}
function roomToFill(ring) {
  return isMainThread2 ? ring.room.byteLength - filledUpTo(ring) + takenUpTo(ring) : Number.POSITIVE_INFINITY;
}
function setFilled(ring, position) {
  store(ring, slots.filled, BigInt(position));
}
function setTaken(ring, position) {
  store(ring, slots.taken, BigInt(position));
}
function endRing(ring) {
  store(ring, slots.state, states2.ended);
}
function copyIn({ room: room3 }, position, bytes) {
  const view = new Uint8Array(room3);
  for (let done = 0; done < bytes.length; ) {
    const at = (position + done) % room3.byteLength;
    const count = Math.min(bytes.length - done, room3.byteLength - at);
    view.set(bytes.subarray(done, done + count), at);
    done += count;
  }
}
function fillBlocking(ring, bytes) {
  let position = filledUpTo(ring);
  for (let done = 0; done < bytes.length; ) {
    const space = block(ring, () => takenUpTo(ring) + ring.room.byteLength - position);
    const count = Math.min(space, bytes.length - done);
    copyIn(ring, position, bytes.subarray(done, done + count));
    done += count;
    position += count;
    setFilled(ring, position);
  }
}
function takeBlocking(ring, into) {
  const view = new Uint8Array(ring.room);
  let position = takenUpTo(ring);
  for (let done = 0; done < into.length; ) {
    const at = position % view.length;
    const there = block(ring, () => filledUpTo(ring) - position);
    const count = Math.min(there, into.length - done, view.length - at);
    into.set(view.subarray(at, at + count), done);
    done += count;
    position += count;
    setTaken(ring, position);
  }
}
function changesOf({ changes }) {
  return Atomics.load(new Int32Array(changes), 0);
}
var longestWait = 1e3;
function block(ring, bytes) {
  for (; ; ) {
    const seen = changesOf(ring);
    if (load(ring, slots.state) === states2.failed) throw new RingFailed();
    const count = bytes();
    if (count > 0) return count;
    if (isMainThread2) throw new Error("the main thread must not wait for bytes");
    Atomics.wait(new Int32Array(ring.changes), 0, seen, longestWait);
  }
}
function load({ positions }, slot) {
  return Atomics.load(new BigInt64Array(positions), slot);
}
function store(ring, slot, value) {
  Atomics.store(new BigInt64Array(ring.positions), slot, value);
  const changes = new Int32Array(ring.changes);
  Atomics.add(changes, 0, 1);
  Atomics.notify(changes, 0);
}

// src/cache/archive/tar.ts
function encodeRecords(values) {
  return Buffer.concat([...values].map(([key, value]) => record(key, value)));
}
function decodeRecords(bytes) {
  const values = /* @__PURE__ */ new Map();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(" ", at);
    const length2 = Number(bytes.toString("latin1", at, Math.max(at, space)));
    if (space === -1 || !(at + length2 > space)) break;
    const [key = "", ...value] = bytes.toString("utf8", space + 1, at + length2 - 1).split("=");
    values.set(key, value.join("="));
    at += length2;
  }
  return values;
}
function record(key, value) {
  const rest = Buffer.byteLength(` ${key}=${value}
`);
  let length2 = rest + 1;
  while (rest + String(length2).length !== length2) length2 = rest + String(length2).length;
  return Buffer.from(`${length2} ${key}=${value}
`);
}
var blockSize = 512;
var endLength = 2 * blockSize;
var largestTime = 8 ** 11 - 1;
var largestPlainSize = 8 ** 11 - 1;
var pathElsewhere = "path-in-pax-header";
var mode = { at: 100, digits: 7 };
var size = { at: 124, digits: 11 };
var mtime = { at: 136, digits: 11 };
var checksum = { at: 148, digits: 6 };
var typeAt = 156;
var variableEnd = typeAt + 1;
var template = Buffer.alloc(blockSize);
template.write("0000000\x000000000\0", 108, "latin1");
template.write(" ".repeat(8), checksum.at, "latin1");
template.write("ustar\x0000", 257, "latin1");
template.write("0000000\x000000000\0", 329, "latin1");
var fixedSum = template.subarray(variableEnd).reduce((sum, byte) => sum + byte, 0);
function padded(length2) {
  return Math.ceil(length2 / blockSize) * blockSize;
}
function headerLength(member) {
  const records = paxRecords(member);
  return records === void 0 ? blockSize : blockSize + padded(records.length) + blockSize;
}
function encodeMember(buffer, offset, member) {
  const records = paxRecords(member);
  const permissions = member.isDirectory || member.isExecutable ? 493 : 420;
  const type = member.isDirectory ? "5" : "0";
  if (records === void 0) {
    return encodeHeader(buffer, offset, nameOf(member), type, permissions, member.size, member.mtime);
  }
  const body = encodeHeader(buffer, offset, "pax-header", "x", 420, records.length, member.mtime);
  const end = body + padded(records.length);
  buffer.fill(0, body, end);
  records.copy(buffer, body);
  const plainSize = member.size > largestPlainSize ? 0 : member.size;
  return encodeHeader(buffer, end, pathElsewhere, type, permissions, plainSize, member.mtime);
}
function decodeMember(buffer, offset) {
  let header = offset;
  let records;
  if (typeOf(buffer, header) === "x") {
    const body = header + blockSize;
    const length2 = readOctal(buffer, header, size);
    header = body + padded(length2);
    if (!(header <= buffer.length)) return "is truncated in a pax header";
    records = decodeRecords(buffer.subarray(body, body + length2));
  }
  if (header + blockSize > buffer.length) return "is truncated in a header";
  const type = typeOf(buffer, header);
  if (type !== "0" && type !== "5")
    return `holds ${kindNames[type] ?? `a member of type ${JSON.stringify(type)}`}`;
  const name = records === void 0 ? readName(buffer, header) : records.get("path");
  if (name === void 0) return "has a pax header without a path";
  const isDirectory = type === "5";
  const paxSize = records?.get("size");
  const member = {
    path: isDirectory && name.endsWith("/") ? name.slice(0, -1) : name,
    isDirectory,
    isExecutable: !isDirectory && readOctal(buffer, header, mode) === 493,
    size: paxSize === void 0 ? readOctal(buffer, header, size) : Number(paxSize),
    mtime: readOctal(buffer, header, mtime)
  };
  const end = header + blockSize;
  if (!(member.size >= 0 && member.mtime >= 0) || !isCanonical(buffer, offset, end, member)) {
    return "has a header that this action does not write";
  }
  return { member, end };
}
var kindNames = {
  "1": "a hard link",
  "2": "a symbolic link",
  "3": "a character device",
  "4": "a block device",
  "6": "a FIFO"
};
var scratch = Buffer.alloc(8 * blockSize);
function isCanonical(buffer, offset, end, member) {
  const length2 = headerLength(member);
  if (length2 !== end - offset || member.isDirectory && member.size > 0) return false;
  const expected = length2 <= scratch.length ? scratch : Buffer.alloc(length2);
  encodeMember(expected, 0, member);
  return buffer.compare(expected, 0, length2, offset, end) === 0;
}
function nameOf(member) {
  return member.isDirectory ? `${member.path}/` : member.path;
}
function paxRecords(member) {
  const name = nameOf(member);
  const isLarge = member.size > largestPlainSize;
  if (/^[\x20-\x7e]{0,100}$/.test(name) && !isLarge) return void 0;
  return encodeRecords(
    new Map([["path", name], ...isLarge ? [["size", String(member.size)]] : []])
  );
}
function encodeHeader(buffer, offset, name, type, permissions, length2, time) {
  template.copy(buffer, offset);
  buffer.write(name, offset, "latin1");
  writeOctal(buffer, offset, mode, permissions);
  writeOctal(buffer, offset, size, length2);
  writeOctal(buffer, offset, mtime, time);
  buffer[offset + typeAt] = type.charCodeAt(0);
  let sum = fixedSum;
  for (let at = offset; at < offset + variableEnd; at++) sum += buffer[at] ?? 0;
  writeOctal(buffer, offset, checksum, sum);
  buffer[offset + checksum.at + checksum.digits] = 0;
  return offset + blockSize;
}
function writeOctal(buffer, offset, field, value) {
  let rest = value;
  for (let at = offset + field.at + field.digits - 1; at >= offset + field.at; at--) {
    buffer[at] = 48 + rest % 8;
    rest = Math.floor(rest / 8);
  }
}
function readOctal(buffer, offset, field) {
  let value = 0;
  for (let at = offset + field.at; at < offset + field.at + field.digits; at++) {
    const digit = (buffer[at] ?? 0) - 48;
    value = digit >= 0 && digit < 8 ? value * 8 + digit : Number.NaN;
  }
  return value;
}
function typeOf(buffer, offset) {
  return String.fromCharCode(buffer[offset + typeAt] ?? 0);
}
function readName(buffer, offset) {
  const end = buffer.indexOf(0, offset);
  return buffer.toString("latin1", offset, end === -1 || end > offset + mode.at ? offset + mode.at : end);
}

// src/cache/archive/paths.ts
var reservedName = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i;
var forbiddenOnWindows = /[\x00-\x1f<>:"|?*]/;
var hiddenCharacter = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
var longest2 = 4096;
var dottedSegment = /(?:^|\/)\.{0,2}(?:\/|$)/;
function pathProblem(path, platform2) {
  if (path.length > longest2) return `has more than ${longest2} characters`;
  if (path.includes("\0")) return "holds a NUL";
  if (path.includes("\\")) return "holds a backslash";
  if (path.includes("�") || !path.isWellFormed()) return "is not valid Unicode";
  if (hiddenCharacter.test(path)) return "holds a control character or an invisible character";
  if (path.startsWith("/")) return "is absolute";
  if (/^[A-Za-z]:/.test(path)) return "begins with a drive letter";
  if (dottedSegment.test(path)) return "has an empty, . or .. part";
  return platform2 === "win32" ? windowsProblem(path) : void 0;
}
function windowsProblem(path) {
  if (forbiddenOnWindows.test(path)) return "holds a character that Windows forbids";
  for (const segment of path.split("/")) {
    if (/[. ]$/.test(segment)) return "has a part that ends with a dot or a space";
    if (reservedName.test(segment)) return "has a part that Windows reserves";
  }
  return void 0;
}

// src/cache/archive/units.ts
function rootOf(path, roots) {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const candidate = path.slice(0, end);
    if (roots.has(candidate)) return candidate;
  }
  return void 0;
}

// src/cache/archive/manifest.ts
var partialSuffix = ".partial";
var frameSize = 2 * 1024 * 1024;
var largestPacked = frameSize + frameSize / 256;
function withEntryFile(file, name, use) {
  const fd = open(file, name);
  try {
    const status = fstat(fd);
    if (!status.isFile()) throw new CorruptArchive(`${name} is not a file`);
    return use({ fd, length: status.size });
  } finally {
    close(fd);
  }
}
function open(file, name) {
  try {
    return openToRead(file);
  } catch (error) {
    if (errorCode(error) === "ENOENT") throw new CorruptArchive(`${name} is missing`);
    if (errorCode(error) === "ELOOP") throw new CorruptArchive(`${name} is a link`);
    throw error;
  }
}
var largestManifest = 64 * 1024 * 1024;

// src/cache/archive/shard-writer.ts
import { createHash as createHash3 } from "node:crypto";
import { constants as constants3, zstdCompressSync } from "node:zlib";

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

// src/cache/archive/stored-frame.ts
var largestBlock = 128 * 1024;
var headerLength2 = 9;
var blockHeaderLength = 3;
function storedLength(raw) {
  return headerLength2 + Math.ceil(raw / largestBlock) * blockHeaderLength + raw;
}
function storedFrame(raw, room3 = Buffer.allocUnsafe(storedLength(raw.length))) {
  const frame = room3.subarray(0, storedLength(raw.length));
  frame.set(frameHeader(raw.length));
  let at = headerLength2;
  for (let done = 0; done < raw.length; ) {
    const length2 = Math.min(largestBlock, raw.length - done);
    frame.writeUIntLE(blockHeader(length2, done + length2 === raw.length), at, blockHeaderLength);
    frame.set(raw.subarray(done, done + length2), at + blockHeaderLength);
    at += blockHeaderLength + length2;
    done += length2;
  }
  return frame;
}
function readStoredFrame(frame, raw, room3) {
  if (raw === 0 || frame.length !== storedLength(raw) || room3.length < raw) return void 0;
  if (!frame.subarray(0, headerLength2).equals(frameHeader(raw))) return void 0;
  let at = headerLength2;
  for (let done = 0; done < raw; ) {
    const length2 = Math.min(largestBlock, raw - done);
    if (frame.readUIntLE(at, blockHeaderLength) !== blockHeader(length2, done + length2 === raw))
      return void 0;
    frame.copy(room3, done, at + blockHeaderLength, at + blockHeaderLength + length2);
    at += blockHeaderLength + length2;
    done += length2;
  }
  return room3.subarray(0, raw);
}
function frameHeader(raw) {
  const header = Buffer.alloc(headerLength2);
  header.writeUInt32LE(4247762216, 0);
  header.writeUInt8(160, 4);
  header.writeUInt32LE(raw, 5);
  return header;
}
function blockHeader(length2, isLast) {
  return (isLast ? 1 : 0) + length2 * 8;
}

// src/cache/archive/shard-writer.ts
var compression = {
  // Room for most frames: the buffer is new for each, and stays in memory until garbage collection.
  chunkSize: 512 * 1024,
  params: {
    [constants3.ZSTD_c_compressionLevel]: 3,
    // Level 3 by itself searches for at least 5 equal bytes. Searching for 6 saved time on sources and build objects.
    [constants3.ZSTD_c_windowLog]: Math.log2(frameSize),
    [constants3.ZSTD_c_minMatch]: 6
  }
};
function createShardWriter(output, { isStored, ends } = { isStored: false, ends: true }) {
  const frame = Buffer.allocUnsafe(frameSize);
  const room3 = isStored ? Buffer.allocUnsafe(largestPacked) : void 0;
  const hash2 = createHash3("sha256");
  const frames = [];
  let [filled, length2, files, bytes] = [0, 0, 0, 0];
  let checkpoints = [];
  function flush() {
    for (const checkpoint of checkpoints) keep(checkpoint);
    const raw = frame.subarray(0, filled);
    const packed = room3 === void 0 ? uninterrupted(() => zstdCompressSync(raw, compression)) : storedFrame(raw, room3);
    recordShortLived(compression.chunkSize + packed.length);
    output(packed);
    hash2.update(packed);
    length2 += packed.length;
    frames.push({ packed: packed.length, raw: filled });
    filled = 0;
  }
  function keep(checkpoint) {
    if (checkpoint.flushed !== void 0) return;
    if (checkpoint.filled === filled) {
      checkpoint.filled = 0;
      checkpoint.frames++;
    } else {
      checkpoint.flushed = Buffer.from(frame.subarray(0, checkpoint.filled));
      recordShortLived(checkpoint.filled);
    }
  }
  function makeRoom(needed) {
    if (filled > 0 && filled + needed > frameSize) flush();
  }
  function wholly(add) {
    const checkpoint = { filled, frames: frames.length, files, bytes };
    checkpoints = [...checkpoints, checkpoint];
    const isWhole = add();
    checkpoints = checkpoints.filter((one) => one !== checkpoint);
    if (isWhole) return true;
    checkpoint.flushed?.copy(frame);
    for (let index = checkpoint.frames; index < frames.length; index++)
      frames[index] = { packed: frames[index]?.packed ?? 0, raw: 0 };
    ({ filled, files, bytes } = checkpoint);
    return false;
  }
  return {
    addDirectory(member) {
      makeRoom(headerLength(member));
      filled = encodeMember(frame, filled, member);
    },
    addFile(member, read2) {
      makeRoom(headerLength(member) + padded(member.size));
      return wholly(() => {
        filled = encodeMember(frame, filled, member);
        for (let left = member.size; left > 0; ) {
          if (filled === frameSize) flush();
          const portion2 = Math.min(left, frameSize - filled);
          if (read2(frame, filled, portion2) < portion2) return false;
          filled += portion2;
          left -= portion2;
        }
        frame.fill(0, filled, padded(filled));
        filled = padded(filled);
        files++;
        bytes += member.size;
        return true;
      });
    },
    wholly,
    finish() {
      if (ends) {
        makeRoom(endLength);
        frame.fill(0, filled, filled + endLength);
        filled += endLength;
      }
      if (filled > 0) flush();
      return { length: length2, sha256: hash2.digest("hex"), files, bytes, frames };
    }
  };
}

// src/cache/archive/tree-writer.ts
import { createHash as createHash4 } from "node:crypto";
var dataName = /(?:^|\/)([0-9a-f]{64})-d(?:\/|$)/;
var dataDirectory2 = /(?:^|\/)[0-9a-f]{64}-d$/;
var clashes = {
  EEXIST: "exists twice, or has a name that this system treats as equal to another name",
  ENOENT: "is in a directory that the tar did not list before",
  ENOTDIR: "is in a directory that is a file"
};
function createTreeWriter(stage, shard, options) {
  const { mtimeSeconds, verifyBuildObjects } = options;
  const directories = [];
  const parentsOfDropped = /* @__PURE__ */ new Set();
  const withFiles = /* @__PURE__ */ new Set();
  function place(path, make) {
    try {
      return make(`${stage}/${path}`);
    } catch (error) {
      const clash = clashes[errorCode(error) ?? ""];
      if (clash === void 0) throw error;
      throw new CorruptArchive(`${shard}: ${JSON.stringify(path)} ${clash}`);
    }
  }
  return {
    addDirectory({ path, mtime: mtime2 }, readOnly) {
      place(path, createDirectory);
      directories.push({ path, readOnly, mtime: mtime2 });
    },
    addFile({ path, isExecutable, mtime: mtime2 }, readOnly, hashed) {
      for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
        if (withFiles.has(path.slice(0, end))) break;
        withFiles.add(path.slice(0, end));
      }
      const mode2 = (isExecutable ? 365 : 292) | (readOnly ? 0 : 128);
      const fd = place(path, (target) => createFile(target, mode2));
      const expected = verifyBuildObjects ? dataName.exec(path)?.[1] : void 0;
      const hash2 = expected === void 0 && hashed === void 0 ? void 0 : createHash4("sha256");
      return {
        write(bytes) {
          write(fd, bytes);
          hash2?.update(bytes);
        },
        finish() {
          setFileTime(fd, mtimeSeconds ?? mtime2);
          close(fd);
          const sha256 = hash2?.digest("hex");
          if (expected === void 0 || sha256 === expected) {
            if (sha256 !== void 0) hashed?.(sha256);
            return true;
          }
          removeFile(`${stage}/${path}`);
          parentsOfDropped.add(path.slice(0, path.lastIndexOf("/")));
          return false;
        }
      };
    },
    finish() {
      for (const { path, readOnly, mtime: mtime2 } of directories.reverse()) {
        const target = `${stage}/${path}`;
        if (!withFiles.has(path) && removeIfEmpty(target)) continue;
        const isData = dataDirectory2.test(path);
        if (isData && parentsOfDropped.has(path) && removeIfEmpty(target)) continue;
        if (isData) setDirectoryTime(target, mtimeSeconds ?? mtime2);
        if (readOnly) setMode(target, 365);
      }
    }
  };
}

// src/cache/archive/pack-shard.ts
function packShard(job) {
  const { target } = job;
  if ("ring" in target) {
    const packed2 = packUnits(job, (bytes) => fillBlocking(target.ring, bytes));
    endRing(target.ring);
    return packed2;
  }
  const partial = `${target.file}${partialSuffix}`;
  const fd = createFile(partial);
  let packed;
  try {
    packed = packUnits(job, (bytes) => write(fd, bytes));
  } finally {
    close(fd);
  }
  renamePatiently(partial, target.file);
  return packed;
}
function packUnits(job, output) {
  let skipped = 0;
  const unitsLeftOut = [];
  const filesLeftOut = [];
  const writer = createShardWriter(output);
  for (const unit of job.units) {
    if (job.onFault === "leave-out-unit") {
      let fault;
      writer.wholly(() => {
        fault = packUnit(job, unit, writer)[0];
        return fault === void 0;
      });
      if (fault !== void 0) unitsLeftOut.push([unit.name, fault]);
    } else {
      const faults = packUnit(job, unit, writer);
      skipped += faults.length;
      if (job.onFault === "leave-out-file") filesLeftOut.push(...faults.filter(({ why }) => why !== changed));
    }
  }
  return { ...writer.finish(), skipped, unitsLeftOut, filesLeftOut };
}
function packUnit(job, unit, writer) {
  const faults = [];
  const roots = new Set(unit.roots);
  const digests = new Map(unit.expected.map(({ root }) => [root, []]));
  const names = new Map(unit.expected.map(({ root, name }) => [root, name]));
  for (const path of unit.paths) {
    if (path.endsWith("/")) {
      const directory = path.slice(0, -1);
      if (!job.verifyBuildObjects || isOfBuildCache(directory, true)) packDirectory(job, directory, writer);
    } else {
      const root = rootOf(path, roots) ?? path;
      const [name, wanted] = [names.get(root), dataHash(job, path)];
      const hash2 = name === void 0 && wanted === void 0 ? void 0 : createHash5("sha256");
      let sha256 = "";
      let why;
      if (job.verifyBuildObjects && !isOfBuildCache(path, false)) why = "does not belong in a build cache";
      else
        writer.wholly(() => {
          why = packFile(job, path, writer, hash2);
          sha256 = why === void 0 ? hash2?.digest("hex") ?? "" : "";
          if (why === void 0 && wanted !== void 0 && wanted !== sha256)
            why = "does not match the SHA-256 in its name";
          return why === void 0;
        });
      if (why === void 0) {
        if (name !== void 0) digests.get(root)?.push({ name: `${name}${path.slice(root.length)}`, sha256 });
      } else if (job.onFault === "fail" && roots.has(path)) throw new Error(`cannot pack ${path}: it ${why}`);
      else faults.push({ path, why });
    }
  }
  for (const { root, name, hashes } of unit.expected) {
    const found = name === void 0 ? zipHash(`${job.base}/${root}`) : treeHashOf(digests.get(root) ?? []);
    if (!hashes.includes(found))
      faults.push({ path: root, why: `hashes to ${found}, not to the recorded ${hashes.join(" or ")}` });
  }
  return faults;
}
function dataHash({ verifyBuildObjects }, path) {
  return verifyBuildObjects ? dataName.exec(path)?.[1] : void 0;
}
function packDirectory({ base, mtimeSeconds }, path, writer) {
  const milliseconds = mtimeSeconds === void 0 ? lstatIn(`${base}/${path}`)?.mtimeMs : void 0;
  const mtime2 = mtimeSeconds ?? wholeSeconds(milliseconds ?? 0);
  writer.addDirectory({ path, isDirectory: true, isExecutable: false, size: 0, mtime: mtime2 });
}
function packFile({ base, mtimeSeconds, onFault, target }, path, writer, hash2) {
  const opened = open2(`${base}/${path}`, onFault);
  if (typeof opened === "string") return opened;
  try {
    const status = fstat(opened);
    if (!status.isFile()) return changed;
    if ("ring" in target && status.size + 3 * largestPacked > roomToFill(target.ring)) return changed;
    const member = {
      path,
      isDirectory: false,
      // Windows has no executable bit, and libuv derives one from the extension.
      isExecutable: platform() !== "win32" && (status.mode & 64) !== 0,
      size: status.size,
      mtime: mtimeSeconds ?? wholeSeconds(status.mtimeMs)
    };
    let failure;
    const isWhole = writer.addFile(member, (buffer, offset, length2) => {
      try {
        const count = read(opened, buffer, offset, length2);
        hash2?.update(buffer.subarray(offset, offset + count));
        return count;
      } catch (error) {
        if (onFault === "fail") throw error;
        failure = `cannot be read: ${error.message}`;
        return 0;
      }
    });
    return isWhole ? void 0 : failure ?? changed;
  } finally {
    close(opened);
  }
}
var changed = "vanished or changed";
function open2(file, onFault) {
  try {
    return openToRead(file);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return changed;
    if (onFault === "fail") throw error;
    return `cannot be read: ${error.message}`;
  }
}
function wholeSeconds(milliseconds) {
  return Math.min(largestTime, Math.max(0, Math.floor(milliseconds / 1e3)));
}

// src/cache/archive/store-shard.ts
import { createHash as createHash6 } from "node:crypto";
function storedMember({ path, size: size2 }) {
  return { path, isDirectory: false, isExecutable: false, size: size2, mtime: 0 };
}
function storeShard({ target, files, at, ends }) {
  const fd = openToWrite(target);
  let position = at;
  const output = (bytes) => {
    writeAt(fd, bytes, position);
    position += bytes.length;
  };
  try {
    const writer = createShardWriter(output, { isStored: true, ends });
    for (const file of files) storeFile(file, writer);
    return writer.finish();
  } finally {
    close(fd);
  }
}
function storeFile(file, writer) {
  const fd = openToRead(file.source);
  try {
    const hash2 = createHash6("sha256");
    const isWhole = fstat(fd).size === file.size && writer.addFile(storedMember(file), (buffer, offset, length2) => {
      const count = read(fd, buffer, offset, length2);
      hash2.update(buffer.subarray(offset, offset + count));
      return count;
    });
    if (!isWhole || hash2.digest("hex") !== file.sha256)
      throw new Error(`cannot pack ${file.source}: it changed after it was verified`);
  } finally {
    close(fd);
  }
}

// src/cache/archive/unpack-shard.ts
import { createHash as createHash7 } from "node:crypto";
import { zstdDecompressSync } from "node:zlib";
var room2 = Buffer.alloc(0);
function hashedZip(file, path, size2, hashed) {
  const isKept = size2 <= zipInMemory;
  let filled = 0;
  if (isKept && room2.length < size2) room2 = Buffer.allocUnsafe(size2);
  return {
    write(bytes) {
      file.write(bytes);
      if (isKept) room2.set(bytes, filled);
      filled += bytes.length;
    },
    finish() {
      const isComplete = file.finish();
      if (isComplete) hashed(isKept ? zipHashOf(room2.subarray(0, filled)) : zipHash(path));
      return isComplete;
    }
  };
}
var portion = 1024 * 1024;
function readFrames(place, shard, isVerified, use) {
  if ("ring" in place) {
    const hash2 = createHash7("sha256");
    const takeNext = (into) => {
      takeBlocking(place.ring, into);
      hash2.update(into);
      return into.length;
    };
    unpackFrames(shard, takeNext, use);
    if (hash2.digest("hex") !== shard.sha256) throw wrongHash(shard);
    return;
  }
  withEntryFile(place.file, shard.name, (file) => {
    if (isVerified) checkLength(file, place, shard);
    else checkShard(file, place, shard);
    let position = place.at ?? 0;
    const readNext = (into) => {
      const length2 = read(file.fd, into, 0, into.length, position);
      position += length2;
      return length2;
    };
    unpackFrames(shard, readNext, use);
  });
}
function unpackFrames(shard, next, use) {
  const roomFor = (length2) => Buffer.allocUnsafe(shard.frames.reduce((most, frame) => Math.max(most, length2(frame)), 0));
  const packed = roomFor((frame) => frame.packed);
  const stored = roomFor((frame) => frame.packed === storedLength(frame.raw) ? frame.raw : 0);
  for (const frame of shard.frames) {
    const bytes = packed.subarray(0, next(packed.subarray(0, frame.packed)));
    recordShortLived(frame.raw);
    if (frame.raw > 0)
      uninterrupted(
        () => use(readStoredFrame(bytes, frame.raw, stored) ?? decompress(bytes, frame, shard.name))
      );
  }
}
function checkShard(file, place, shard) {
  checkLength(file, place, shard);
  if (hashOf2(file, place.at ?? 0, shard.length) !== shard.sha256) throw wrongHash(shard);
}
function wrongHash({ name }) {
  return new CorruptArchive(`${name} does not match its SHA-256`);
}
function checkLength(file, { at }, shard) {
  const length2 = Math.min(file.length - (at ?? 0), at === void 0 ? file.length : shard.length);
  if (length2 !== shard.length)
    throw new CorruptArchive(`${shard.name} has ${length2} bytes instead of ${shard.length}`);
}
function hashOf2({ fd }, at, length2) {
  const hash2 = createHash7("sha256");
  const buffer = Buffer.allocUnsafe(portion);
  for (let done = 0; done < length2; ) {
    const count = read(fd, buffer, 0, Math.min(portion, length2 - done), at + done);
    if (count === 0) break;
    hash2.update(buffer.subarray(0, count));
    done += count;
  }
  return hash2.digest("hex");
}
function decompress(packed, { raw }, name) {
  let tar;
  try {
    tar = zstdDecompressSync(packed, { chunkSize: raw, maxOutputLength: raw });
  } catch (error) {
    throw new CorruptArchive(`${name} cannot be decompressed: ${error.message}`);
  }
  if (tar.length !== raw)
    throw new CorruptArchive(`${name} has a frame of ${tar.length} bytes instead of ${raw}`);
  return tar;
}
var maxMembers = 2e6;
function unpackShard(job) {
  const { shard, place, stage, ends = true } = job;
  const roots = new Set(job.roots);
  const unwanted = new Set(job.skipRoots);
  const writeProtected = new Set(job.readOnlyRoots);
  const names = new Map(job.hashedRoots?.filter(([root]) => !unwanted.has(root)));
  const hashed = new Map([...names.keys()].map((root) => [root, []]));
  const zips = job.hashedZips?.filter((root) => !unwanted.has(root)) ?? [];
  const zipHashes = new Map(zips.map((root) => [root, "no hash: it is not a file"]));
  const digests = [];
  const tree = createTreeWriter(stage, shard.name, job);
  const counted = { files: 0, bytes: 0 };
  let members = 0;
  const kept = { files: 0, bytes: 0, dropped: 0 };
  let unfinished;
  let hasEnded = false;
  function damaged(problem) {
    return new CorruptArchive(`${shard.name}: its tar ${problem}`);
  }
  function begin(member) {
    if (++members > maxMembers) throw damaged(`holds more than ${maxMembers} files and directories`);
    const problem = pathProblem(member.path, platform());
    if (problem !== void 0)
      throw damaged(`holds the path ${JSON.stringify(member.path)}, which ${problem}`);
    const root = rootOf(member.path, roots);
    if (root === void 0) throw damaged(`holds ${JSON.stringify(member.path)}, which is outside its roots`);
    if (job.verifyBuildObjects && !isOfBuildCache(member.path, member.isDirectory))
      throw damaged(`holds ${JSON.stringify(member.path)}, which does not belong in a build cache`);
    const isWanted = !unwanted.has(root);
    const readOnly = member.path !== root && writeProtected.has(root);
    if (member.isDirectory) {
      if (isWanted) tree.addDirectory(member, readOnly);
      return void 0;
    }
    counted.files++;
    counted.bytes += member.size;
    if (counted.bytes > shard.bytes) throw damaged(`holds more than ${shard.bytes} bytes`);
    if (!isWanted) return { member, file: void 0, left: member.size };
    const file = tree.addFile(member, readOnly, digestTo(member.path, root));
    if (!zipHashes.has(member.path)) return { member, file, left: member.size };
    const zip = hashedZip(file, `${stage}/${root}`, member.size, (hash2) => zipHashes.set(root, hash2));
    return { member, file: zip, left: member.size };
  }
  function digestTo(path, root) {
    const name = names.get(root);
    if (name === void 0 && job.digests !== true) return void 0;
    return (sha256) => {
      if (job.digests === true) digests.push([path, sha256]);
      if (name !== void 0) hashed.get(root)?.push({ name: `${name}${path.slice(root.length)}`, sha256 });
    };
  }
  function proceed({ member, file, left }, bytes) {
    if (file !== void 0 && bytes.length > 0) file.write(bytes);
    if (bytes.length < left) return { member, file, left: left - bytes.length };
    if (file?.finish()) {
      kept.files++;
      kept.bytes += member.size;
    } else if (file !== void 0) kept.dropped++;
    return void 0;
  }
  readFrames(place, shard, job.isVerified === true, (tar) => {
    let at = 0;
    while (at < tar.length) {
      if (hasEnded) throw damaged("continues after its end");
      if (unfinished === void 0) {
        if (ends && tar[at] === 0) {
          hasEnded = true;
          if (tar.length - at !== endLength || !tar.subarray(at).every((byte) => byte === 0))
            throw damaged("has an invalid end");
          break;
        }
        const decoded = decodeMember(tar, at);
        if (typeof decoded === "string") throw damaged(decoded);
        at = decoded.end;
        unfinished = begin(decoded.member);
      }
      if (unfinished !== void 0) {
        const end = Math.min(tar.length, at + unfinished.left);
        unfinished = proceed(unfinished, tar.subarray(at, end));
        at = padded(end);
      }
    }
  });
  if (ends ? !hasEnded : unfinished !== void 0) throw damaged("is truncated");
  if (counted.files !== shard.files || counted.bytes !== shard.bytes) {
    throw damaged(
      `holds ${counted.files} files of ${counted.bytes} bytes instead of ${shard.files} of ${shard.bytes}`
    );
  }
  tree.finish();
  const treeHashes = [...hashed].map(([root, files]) => [root, treeHashOf(files)]);
  return { ...kept, digests, hashes: [...treeHashes, ...zipHashes] };
}

// src/worker.ts
var handlers = {
  "pack-shard": packShard,
  "store-shard": storeShard,
  "unpack-shard": unpackShard,
  "describe-files": describeFilesInWorker,
  "hash-files": hashFiles
};
serveJobs(handlers);
export {
  handlers
};
