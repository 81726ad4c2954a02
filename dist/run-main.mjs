import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __commonJS = (cb, mod) => function __require() {
  try {
    return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
  } catch (e) {
    throw mod = 0, e;
  }
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));

// node_modules/semver/internal/constants.js
var require_constants = __commonJS({
  "node_modules/semver/internal/constants.js"(exports, module) {
    "use strict";
    var SEMVER_SPEC_VERSION = "2.0.0";
    var MAX_LENGTH = 256;
    var MAX_SAFE_INTEGER = Number.MAX_SAFE_INTEGER || /* istanbul ignore next */
    9007199254740991;
    var MAX_SAFE_COMPONENT_LENGTH = 16;
    var MAX_SAFE_BUILD_LENGTH = MAX_LENGTH - 6;
    var WHITESPACE_CHARACTERS = [
      "	",
      "\n",
      "\v",
      "\f",
      "\r",
      " ",
      " ",
      " ",
      " ",
      " ",
      " ",
      " ",
      " ",
      " ",
      " ",
      " ",
      " ",
      " ",
      " ",
      "\u2028",
      "\u2029",
      " ",
      " ",
      "　",
      "\uFEFF"
    ];
    var RELEASE_TYPES = [
      "major",
      "premajor",
      "minor",
      "preminor",
      "patch",
      "prepatch",
      "prerelease"
    ];
    module.exports = {
      MAX_LENGTH,
      MAX_SAFE_COMPONENT_LENGTH,
      MAX_SAFE_BUILD_LENGTH,
      MAX_SAFE_INTEGER,
      WHITESPACE_CHARACTERS,
      RELEASE_TYPES,
      SEMVER_SPEC_VERSION,
      FLAG_INCLUDE_PRERELEASE: 1,
      FLAG_LOOSE: 2
    };
  }
});

// node_modules/semver/internal/debug.js
var require_debug = __commonJS({
  "node_modules/semver/internal/debug.js"(exports, module) {
    "use strict";
    var debug3 = typeof process === "object" && process.env && process.env.NODE_DEBUG && /\bsemver\b/i.test(process.env.NODE_DEBUG) ? (...args) => console.error("SEMVER", ...args) : () => {
    };
    module.exports = debug3;
  }
});

// node_modules/semver/internal/re.js
var require_re = __commonJS({
  "node_modules/semver/internal/re.js"(exports, module) {
    "use strict";
    var {
      MAX_SAFE_COMPONENT_LENGTH,
      MAX_SAFE_BUILD_LENGTH,
      MAX_LENGTH
    } = require_constants();
    var debug3 = require_debug();
    exports = module.exports = {};
    var re = exports.re = [];
    var safeRe = exports.safeRe = [];
    var src = exports.src = [];
    var safeSrc = exports.safeSrc = [];
    var t = exports.t = {};
    var R = 0;
    var LETTERDASHNUMBER = "[a-zA-Z0-9-]";
    var safeRegexReplacements = [
      ["\\s", 1],
      ["\\d", MAX_LENGTH],
      [LETTERDASHNUMBER, MAX_SAFE_BUILD_LENGTH]
    ];
    var makeSafeRegex = (value) => {
      for (const [token, max2] of safeRegexReplacements) {
        value = value.split(`${token}*`).join(`${token}{0,${max2}}`).split(`${token}+`).join(`${token}{1,${max2}}`);
      }
      return value;
    };
    var createToken = (name, value, isGlobal) => {
      const safe = makeSafeRegex(value);
      const index = R++;
      debug3(name, index, value);
      t[name] = index;
      src[index] = value;
      safeSrc[index] = safe;
      re[index] = new RegExp(value, isGlobal ? "g" : void 0);
      safeRe[index] = new RegExp(safe, isGlobal ? "g" : void 0);
    };
    createToken("NUMERICIDENTIFIER", "0|[1-9]\\d*");
    createToken("NUMERICIDENTIFIERLOOSE", "\\d+");
    createToken("NONNUMERICIDENTIFIER", `\\d*[a-zA-Z-]${LETTERDASHNUMBER}*`);
    createToken("MAINVERSION", `(${src[t.NUMERICIDENTIFIER]})\\.(${src[t.NUMERICIDENTIFIER]})\\.(${src[t.NUMERICIDENTIFIER]})`);
    createToken("MAINVERSIONLOOSE", `(${src[t.NUMERICIDENTIFIERLOOSE]})\\.(${src[t.NUMERICIDENTIFIERLOOSE]})\\.(${src[t.NUMERICIDENTIFIERLOOSE]})`);
    createToken("PRERELEASEIDENTIFIER", `(?:${src[t.NONNUMERICIDENTIFIER]}|${src[t.NUMERICIDENTIFIER]})`);
    createToken("PRERELEASEIDENTIFIERLOOSE", `(?:${src[t.NONNUMERICIDENTIFIER]}|${src[t.NUMERICIDENTIFIERLOOSE]})`);
    createToken("PRERELEASE", `(?:-(${src[t.PRERELEASEIDENTIFIER]}(?:\\.${src[t.PRERELEASEIDENTIFIER]})*))`);
    createToken("PRERELEASELOOSE", `(?:-?(${src[t.PRERELEASEIDENTIFIERLOOSE]}(?:\\.${src[t.PRERELEASEIDENTIFIERLOOSE]})*))`);
    createToken("BUILDIDENTIFIER", `${LETTERDASHNUMBER}+`);
    createToken("BUILD", `(?:\\+(${src[t.BUILDIDENTIFIER]}(?:\\.${src[t.BUILDIDENTIFIER]})*))`);
    createToken("FULLPLAIN", `v?${src[t.MAINVERSION]}${src[t.PRERELEASE]}?${src[t.BUILD]}?`);
    createToken("FULL", `^${src[t.FULLPLAIN]}$`);
    createToken("LOOSEPLAIN", `[v=\\s]*${src[t.MAINVERSIONLOOSE]}${src[t.PRERELEASELOOSE]}?${src[t.BUILD]}?`);
    createToken("LOOSE", `^${src[t.LOOSEPLAIN]}$`);
    createToken("GTLT", "((?:<|>)?=?)");
    createToken("XRANGEIDENTIFIERLOOSE", `${src[t.NUMERICIDENTIFIERLOOSE]}|x|X|\\*`);
    createToken("XRANGEIDENTIFIER", `${src[t.NUMERICIDENTIFIER]}|x|X|\\*`);
    createToken("XRANGEPLAIN", `[v=\\s]*(${src[t.XRANGEIDENTIFIER]})(?:\\.(${src[t.XRANGEIDENTIFIER]})(?:\\.(${src[t.XRANGEIDENTIFIER]})(?:${src[t.PRERELEASE]})?${src[t.BUILD]}?)?)?`);
    createToken("XRANGEPLAINLOOSE", `[v=\\s]*(${src[t.XRANGEIDENTIFIERLOOSE]})(?:\\.(${src[t.XRANGEIDENTIFIERLOOSE]})(?:\\.(${src[t.XRANGEIDENTIFIERLOOSE]})(?:${src[t.PRERELEASELOOSE]})?${src[t.BUILD]}?)?)?`);
    createToken("XRANGE", `^${src[t.GTLT]}\\s*${src[t.XRANGEPLAIN]}$`);
    createToken("XRANGELOOSE", `^${src[t.GTLT]}\\s*${src[t.XRANGEPLAINLOOSE]}$`);
    createToken("COERCEPLAIN", `${"(^|[^\\d])(\\d{1,"}${MAX_SAFE_COMPONENT_LENGTH}})(?:\\.(\\d{1,${MAX_SAFE_COMPONENT_LENGTH}}))?(?:\\.(\\d{1,${MAX_SAFE_COMPONENT_LENGTH}}))?`);
    createToken("COERCE", `${src[t.COERCEPLAIN]}(?:$|[^\\d])`);
    createToken("COERCEFULL", src[t.COERCEPLAIN] + `(?:${src[t.PRERELEASE]})?(?:${src[t.BUILD]})?(?:$|[^\\d])`);
    createToken("COERCERTL", src[t.COERCE], true);
    createToken("COERCERTLFULL", src[t.COERCEFULL], true);
    createToken("LONETILDE", "(?:~>?)");
    createToken("TILDETRIM", `(\\s*)${src[t.LONETILDE]}\\s+`, true);
    exports.tildeTrimReplace = "$1~";
    createToken("TILDE", `^${src[t.LONETILDE]}${src[t.XRANGEPLAIN]}$`);
    createToken("TILDELOOSE", `^${src[t.LONETILDE]}${src[t.XRANGEPLAINLOOSE]}$`);
    createToken("LONECARET", "(?:\\^)");
    createToken("CARETTRIM", `(\\s*)${src[t.LONECARET]}\\s+`, true);
    exports.caretTrimReplace = "$1^";
    createToken("CARET", `^${src[t.LONECARET]}${src[t.XRANGEPLAIN]}$`);
    createToken("CARETLOOSE", `^${src[t.LONECARET]}${src[t.XRANGEPLAINLOOSE]}$`);
    createToken("COMPARATORLOOSE", `^${src[t.GTLT]}\\s*(${src[t.LOOSEPLAIN]})$|^$`);
    createToken("COMPARATOR", `^${src[t.GTLT]}\\s*(${src[t.FULLPLAIN]})$|^$`);
    createToken("COMPARATORTRIM", `(\\s*)${src[t.GTLT]}\\s*(${src[t.LOOSEPLAIN]}|${src[t.XRANGEPLAIN]})`, true);
    exports.comparatorTrimReplace = "$1$2$3";
    createToken("HYPHENRANGE", `^\\s*(${src[t.XRANGEPLAIN]})\\s+-\\s+(${src[t.XRANGEPLAIN]})\\s*$`);
    createToken("HYPHENRANGELOOSE", `^\\s*(${src[t.XRANGEPLAINLOOSE]})\\s+-\\s+(${src[t.XRANGEPLAINLOOSE]})\\s*$`);
    createToken("STAR", "(<|>)?=?\\s*\\*");
    createToken("GTE0", "^\\s*>=\\s*0\\.0\\.0\\s*$");
    createToken("GTE0PRE", "^\\s*>=\\s*0\\.0\\.0-0\\s*$");
  }
});

// node_modules/semver/internal/parse-options.js
var require_parse_options = __commonJS({
  "node_modules/semver/internal/parse-options.js"(exports, module) {
    "use strict";
    var looseOption = Object.freeze({ loose: true });
    var emptyOpts = Object.freeze({});
    var parseOptions = (options) => {
      if (!options) {
        return emptyOpts;
      }
      if (typeof options !== "object") {
        return looseOption;
      }
      return options;
    };
    module.exports = parseOptions;
  }
});

// node_modules/semver/internal/identifiers.js
var require_identifiers = __commonJS({
  "node_modules/semver/internal/identifiers.js"(exports, module) {
    "use strict";
    var numeric2 = /^[0-9]+$/;
    var compareIdentifiers = (a, b) => {
      if (typeof a === "number" && typeof b === "number") {
        return a === b ? 0 : a < b ? -1 : 1;
      }
      const anum = numeric2.test(a);
      const bnum = numeric2.test(b);
      if (anum && bnum) {
        a = +a;
        b = +b;
      }
      return a === b ? 0 : anum && !bnum ? -1 : bnum && !anum ? 1 : a < b ? -1 : 1;
    };
    var rcompareIdentifiers = (a, b) => compareIdentifiers(b, a);
    module.exports = {
      compareIdentifiers,
      rcompareIdentifiers
    };
  }
});

// node_modules/semver/classes/semver.js
var require_semver = __commonJS({
  "node_modules/semver/classes/semver.js"(exports, module) {
    "use strict";
    var debug3 = require_debug();
    var { MAX_LENGTH, MAX_SAFE_INTEGER } = require_constants();
    var { safeRe: re, t } = require_re();
    var parseOptions = require_parse_options();
    var { compareIdentifiers } = require_identifiers();
    var isPrereleaseIdentifier = (prerelease2, identifier) => {
      const identifiers = identifier.split(".");
      if (identifiers.length > prerelease2.length) {
        return false;
      }
      for (let i = 0; i < identifiers.length; i++) {
        if (compareIdentifiers(prerelease2[i], identifiers[i]) !== 0) {
          return false;
        }
      }
      return true;
    };
    var SemVer2 = class _SemVer {
      constructor(version3, options) {
        options = parseOptions(options);
        if (version3 instanceof _SemVer) {
          if (version3.loose === !!options.loose && version3.includePrerelease === !!options.includePrerelease) {
            return version3;
          } else {
            version3 = version3.version;
          }
        } else if (typeof version3 !== "string") {
          throw new TypeError(`Invalid version. Must be a string. Got type "${typeof version3}".`);
        }
        if (version3.length > MAX_LENGTH) {
          throw new TypeError(
            `version is longer than ${MAX_LENGTH} characters`
          );
        }
        debug3("SemVer", version3, options);
        this.options = options;
        this.loose = !!options.loose;
        this.includePrerelease = !!options.includePrerelease;
        const m = version3.trim().match(options.loose ? re[t.LOOSE] : re[t.FULL]);
        if (!m) {
          throw new TypeError(`Invalid Version: ${version3}`);
        }
        this.raw = version3;
        this.major = +m[1];
        this.minor = +m[2];
        this.patch = +m[3];
        if (this.major > MAX_SAFE_INTEGER || this.major < 0) {
          throw new TypeError("Invalid major version");
        }
        if (this.minor > MAX_SAFE_INTEGER || this.minor < 0) {
          throw new TypeError("Invalid minor version");
        }
        if (this.patch > MAX_SAFE_INTEGER || this.patch < 0) {
          throw new TypeError("Invalid patch version");
        }
        if (!m[4]) {
          this.prerelease = [];
        } else {
          this.prerelease = m[4].split(".").map((id) => {
            if (/^[0-9]+$/.test(id)) {
              const num = +id;
              if (num >= 0 && num < MAX_SAFE_INTEGER) {
                return num;
              }
            }
            return id;
          });
        }
        this.build = m[5] ? m[5].split(".") : [];
        this.format();
      }
      format() {
        this.version = `${this.major}.${this.minor}.${this.patch}`;
        if (this.prerelease.length) {
          this.version += `-${this.prerelease.join(".")}`;
        }
        return this.version;
      }
      toString() {
        return this.version;
      }
      compare(other) {
        debug3("SemVer.compare", this.version, this.options, other);
        if (!(other instanceof _SemVer)) {
          if (typeof other === "string" && other === this.version) {
            return 0;
          }
          other = new _SemVer(other, this.options);
        }
        if (other.version === this.version) {
          return 0;
        }
        return this.compareMain(other) || this.comparePre(other);
      }
      compareMain(other) {
        if (!(other instanceof _SemVer)) {
          other = new _SemVer(other, this.options);
        }
        if (this.major < other.major) {
          return -1;
        }
        if (this.major > other.major) {
          return 1;
        }
        if (this.minor < other.minor) {
          return -1;
        }
        if (this.minor > other.minor) {
          return 1;
        }
        if (this.patch < other.patch) {
          return -1;
        }
        if (this.patch > other.patch) {
          return 1;
        }
        return 0;
      }
      comparePre(other) {
        if (!(other instanceof _SemVer)) {
          other = new _SemVer(other, this.options);
        }
        if (this.prerelease.length && !other.prerelease.length) {
          return -1;
        } else if (!this.prerelease.length && other.prerelease.length) {
          return 1;
        } else if (!this.prerelease.length && !other.prerelease.length) {
          return 0;
        }
        let i = 0;
        do {
          const a = this.prerelease[i];
          const b = other.prerelease[i];
          debug3("prerelease compare", i, a, b);
          if (a === void 0 && b === void 0) {
            return 0;
          } else if (b === void 0) {
            return 1;
          } else if (a === void 0) {
            return -1;
          } else if (a === b) {
            continue;
          } else {
            return compareIdentifiers(a, b);
          }
        } while (++i);
      }
      compareBuild(other) {
        if (!(other instanceof _SemVer)) {
          other = new _SemVer(other, this.options);
        }
        let i = 0;
        do {
          const a = this.build[i];
          const b = other.build[i];
          debug3("build compare", i, a, b);
          if (a === void 0 && b === void 0) {
            return 0;
          } else if (b === void 0) {
            return 1;
          } else if (a === void 0) {
            return -1;
          } else if (a === b) {
            continue;
          } else {
            return compareIdentifiers(a, b);
          }
        } while (++i);
      }
      // preminor will bump the version up to the next minor release, and immediately
      // down to pre-release. premajor and prepatch work the same way.
      inc(release2, identifier, identifierBase) {
        if (release2.startsWith("pre")) {
          if (!identifier && identifierBase === false) {
            throw new Error("invalid increment argument: identifier is empty");
          }
          if (identifier) {
            const match3 = `-${identifier}`.match(this.options.loose ? re[t.PRERELEASELOOSE] : re[t.PRERELEASE]);
            if (!match3 || match3[1] !== identifier) {
              throw new Error(`invalid identifier: ${identifier}`);
            }
          }
        }
        switch (release2) {
          case "premajor":
            this.prerelease.length = 0;
            this.patch = 0;
            this.minor = 0;
            this.major++;
            this.inc("pre", identifier, identifierBase);
            break;
          case "preminor":
            this.prerelease.length = 0;
            this.patch = 0;
            this.minor++;
            this.inc("pre", identifier, identifierBase);
            break;
          case "prepatch":
            this.prerelease.length = 0;
            this.inc("patch", identifier, identifierBase);
            this.inc("pre", identifier, identifierBase);
            break;
          // If the input is a non-prerelease version, this acts the same as
          // prepatch.
          case "prerelease":
            if (this.prerelease.length === 0) {
              this.inc("patch", identifier, identifierBase);
            }
            this.inc("pre", identifier, identifierBase);
            break;
          case "release":
            if (this.prerelease.length === 0) {
              throw new Error(`version ${this.raw} is not a prerelease`);
            }
            this.prerelease.length = 0;
            break;
          case "major":
            if (this.minor !== 0 || this.patch !== 0 || this.prerelease.length === 0) {
              this.major++;
            }
            this.minor = 0;
            this.patch = 0;
            this.prerelease = [];
            break;
          case "minor":
            if (this.patch !== 0 || this.prerelease.length === 0) {
              this.minor++;
            }
            this.patch = 0;
            this.prerelease = [];
            break;
          case "patch":
            if (this.prerelease.length === 0) {
              this.patch++;
            }
            this.prerelease = [];
            break;
          // This probably shouldn't be used publicly.
          // 1.0.0 'pre' would become 1.0.0-0 which is the wrong direction.
          case "pre": {
            const base = Number(identifierBase) ? 1 : 0;
            if (this.prerelease.length === 0) {
              this.prerelease = [base];
            } else {
              let i = this.prerelease.length;
              while (--i >= 0) {
                if (typeof this.prerelease[i] === "number") {
                  this.prerelease[i]++;
                  i = -2;
                }
              }
              if (i === -1) {
                if (identifier === this.prerelease.join(".") && identifierBase === false) {
                  throw new Error("invalid increment argument: identifier already exists");
                }
                this.prerelease.push(base);
              }
            }
            if (identifier) {
              let prerelease2 = [identifier, base];
              if (identifierBase === false) {
                prerelease2 = [identifier];
              }
              if (isPrereleaseIdentifier(this.prerelease, identifier)) {
                const prereleaseBase = this.prerelease[identifier.split(".").length];
                if (isNaN(prereleaseBase)) {
                  this.prerelease = prerelease2;
                }
              } else {
                this.prerelease = prerelease2;
              }
            }
            break;
          }
          default:
            throw new Error(`invalid increment argument: ${release2}`);
        }
        this.raw = this.format();
        if (this.build.length) {
          this.raw += `+${this.build.join(".")}`;
        }
        return this;
      }
    };
    module.exports = SemVer2;
  }
});

// node_modules/semver/functions/parse.js
var require_parse = __commonJS({
  "node_modules/semver/functions/parse.js"(exports, module) {
    "use strict";
    var SemVer2 = require_semver();
    var parse3 = (version3, options, throwErrors = false) => {
      if (version3 instanceof SemVer2) {
        return version3;
      }
      try {
        return new SemVer2(version3, options);
      } catch (er) {
        if (!throwErrors) {
          return null;
        }
        throw er;
      }
    };
    module.exports = parse3;
  }
});

// node_modules/semver/functions/valid.js
var require_valid = __commonJS({
  "node_modules/semver/functions/valid.js"(exports, module) {
    "use strict";
    var parse3 = require_parse();
    var valid3 = (version3, options) => {
      const v = parse3(version3, options);
      return v ? v.version : null;
    };
    module.exports = valid3;
  }
});

// node_modules/semver/functions/clean.js
var require_clean = __commonJS({
  "node_modules/semver/functions/clean.js"(exports, module) {
    "use strict";
    var parse3 = require_parse();
    var clean2 = (version3, options) => {
      const s = parse3(version3.trim().replace(/^[=v]+/, ""), options);
      return s ? s.version : null;
    };
    module.exports = clean2;
  }
});

// node_modules/semver/functions/inc.js
var require_inc = __commonJS({
  "node_modules/semver/functions/inc.js"(exports, module) {
    "use strict";
    var SemVer2 = require_semver();
    var inc = (version3, release2, options, identifier, identifierBase) => {
      if (typeof options === "string") {
        identifierBase = identifier;
        identifier = options;
        options = void 0;
      }
      try {
        return new SemVer2(
          version3 instanceof SemVer2 ? version3.version : version3,
          options
        ).inc(release2, identifier, identifierBase).version;
      } catch (er) {
        return null;
      }
    };
    module.exports = inc;
  }
});

// node_modules/semver/functions/diff.js
var require_diff = __commonJS({
  "node_modules/semver/functions/diff.js"(exports, module) {
    "use strict";
    var parse3 = require_parse();
    var diff = (version1, version22) => {
      const v1 = parse3(version1, null, true);
      const v2 = parse3(version22, null, true);
      const comparison = v1.compare(v2);
      if (comparison === 0) {
        return null;
      }
      const v1Higher = comparison > 0;
      const highVersion = v1Higher ? v1 : v2;
      const lowVersion = v1Higher ? v2 : v1;
      const highHasPre = !!highVersion.prerelease.length;
      const lowHasPre = !!lowVersion.prerelease.length;
      if (lowHasPre && !highHasPre) {
        if (!lowVersion.patch && !lowVersion.minor) {
          return "major";
        }
        if (lowVersion.compareMain(highVersion) === 0) {
          if (lowVersion.minor && !lowVersion.patch) {
            return "minor";
          }
          return "patch";
        }
      }
      const prefix3 = highHasPre ? "pre" : "";
      if (v1.major !== v2.major) {
        return prefix3 + "major";
      }
      if (v1.minor !== v2.minor) {
        return prefix3 + "minor";
      }
      if (v1.patch !== v2.patch) {
        return prefix3 + "patch";
      }
      return "prerelease";
    };
    module.exports = diff;
  }
});

// node_modules/semver/functions/major.js
var require_major = __commonJS({
  "node_modules/semver/functions/major.js"(exports, module) {
    "use strict";
    var SemVer2 = require_semver();
    var major2 = (a, loose) => new SemVer2(a, loose).major;
    module.exports = major2;
  }
});

// node_modules/semver/functions/minor.js
var require_minor = __commonJS({
  "node_modules/semver/functions/minor.js"(exports, module) {
    "use strict";
    var SemVer2 = require_semver();
    var minor2 = (a, loose) => new SemVer2(a, loose).minor;
    module.exports = minor2;
  }
});

// node_modules/semver/functions/patch.js
var require_patch = __commonJS({
  "node_modules/semver/functions/patch.js"(exports, module) {
    "use strict";
    var SemVer2 = require_semver();
    var patch2 = (a, loose) => new SemVer2(a, loose).patch;
    module.exports = patch2;
  }
});

// node_modules/semver/functions/prerelease.js
var require_prerelease = __commonJS({
  "node_modules/semver/functions/prerelease.js"(exports, module) {
    "use strict";
    var parse3 = require_parse();
    var prerelease2 = (version3, options) => {
      const parsed2 = parse3(version3, options);
      return parsed2 && parsed2.prerelease.length ? parsed2.prerelease : null;
    };
    module.exports = prerelease2;
  }
});

// node_modules/semver/functions/compare.js
var require_compare = __commonJS({
  "node_modules/semver/functions/compare.js"(exports, module) {
    "use strict";
    var SemVer2 = require_semver();
    var compare2 = (a, b, loose) => new SemVer2(a, loose).compare(new SemVer2(b, loose));
    module.exports = compare2;
  }
});

// node_modules/semver/functions/rcompare.js
var require_rcompare = __commonJS({
  "node_modules/semver/functions/rcompare.js"(exports, module) {
    "use strict";
    var compare2 = require_compare();
    var rcompare2 = (a, b, loose) => compare2(b, a, loose);
    module.exports = rcompare2;
  }
});

// node_modules/semver/functions/compare-loose.js
var require_compare_loose = __commonJS({
  "node_modules/semver/functions/compare-loose.js"(exports, module) {
    "use strict";
    var compare2 = require_compare();
    var compareLoose = (a, b) => compare2(a, b, true);
    module.exports = compareLoose;
  }
});

// node_modules/semver/functions/compare-build.js
var require_compare_build = __commonJS({
  "node_modules/semver/functions/compare-build.js"(exports, module) {
    "use strict";
    var SemVer2 = require_semver();
    var compareBuild = (a, b, loose) => {
      const versionA = new SemVer2(a, loose);
      const versionB = new SemVer2(b, loose);
      return versionA.compare(versionB) || versionA.compareBuild(versionB);
    };
    module.exports = compareBuild;
  }
});

// node_modules/semver/functions/sort.js
var require_sort = __commonJS({
  "node_modules/semver/functions/sort.js"(exports, module) {
    "use strict";
    var compareBuild = require_compare_build();
    var sort = (list6, loose) => list6.sort((a, b) => compareBuild(a, b, loose));
    module.exports = sort;
  }
});

// node_modules/semver/functions/rsort.js
var require_rsort = __commonJS({
  "node_modules/semver/functions/rsort.js"(exports, module) {
    "use strict";
    var compareBuild = require_compare_build();
    var rsort = (list6, loose) => list6.sort((a, b) => compareBuild(b, a, loose));
    module.exports = rsort;
  }
});

// node_modules/semver/functions/gt.js
var require_gt = __commonJS({
  "node_modules/semver/functions/gt.js"(exports, module) {
    "use strict";
    var compare2 = require_compare();
    var gt2 = (a, b, loose) => compare2(a, b, loose) > 0;
    module.exports = gt2;
  }
});

// node_modules/semver/functions/lt.js
var require_lt = __commonJS({
  "node_modules/semver/functions/lt.js"(exports, module) {
    "use strict";
    var compare2 = require_compare();
    var lt = (a, b, loose) => compare2(a, b, loose) < 0;
    module.exports = lt;
  }
});

// node_modules/semver/functions/eq.js
var require_eq = __commonJS({
  "node_modules/semver/functions/eq.js"(exports, module) {
    "use strict";
    var compare2 = require_compare();
    var eq = (a, b, loose) => compare2(a, b, loose) === 0;
    module.exports = eq;
  }
});

// node_modules/semver/functions/neq.js
var require_neq = __commonJS({
  "node_modules/semver/functions/neq.js"(exports, module) {
    "use strict";
    var compare2 = require_compare();
    var neq = (a, b, loose) => compare2(a, b, loose) !== 0;
    module.exports = neq;
  }
});

// node_modules/semver/functions/gte.js
var require_gte = __commonJS({
  "node_modules/semver/functions/gte.js"(exports, module) {
    "use strict";
    var compare2 = require_compare();
    var gte2 = (a, b, loose) => compare2(a, b, loose) >= 0;
    module.exports = gte2;
  }
});

// node_modules/semver/functions/lte.js
var require_lte = __commonJS({
  "node_modules/semver/functions/lte.js"(exports, module) {
    "use strict";
    var compare2 = require_compare();
    var lte2 = (a, b, loose) => compare2(a, b, loose) <= 0;
    module.exports = lte2;
  }
});

// node_modules/semver/functions/cmp.js
var require_cmp = __commonJS({
  "node_modules/semver/functions/cmp.js"(exports, module) {
    "use strict";
    var eq = require_eq();
    var neq = require_neq();
    var gt2 = require_gt();
    var gte2 = require_gte();
    var lt = require_lt();
    var lte2 = require_lte();
    var cmp = (a, op, b, loose) => {
      switch (op) {
        case "===":
          if (typeof a === "object") {
            a = a.version;
          }
          if (typeof b === "object") {
            b = b.version;
          }
          return a === b;
        case "!==":
          if (typeof a === "object") {
            a = a.version;
          }
          if (typeof b === "object") {
            b = b.version;
          }
          return a !== b;
        case "":
        case "=":
        case "==":
          return eq(a, b, loose);
        case "!=":
          return neq(a, b, loose);
        case ">":
          return gt2(a, b, loose);
        case ">=":
          return gte2(a, b, loose);
        case "<":
          return lt(a, b, loose);
        case "<=":
          return lte2(a, b, loose);
        default:
          throw new TypeError(`Invalid operator: ${op}`);
      }
    };
    module.exports = cmp;
  }
});

// node_modules/semver/functions/coerce.js
var require_coerce = __commonJS({
  "node_modules/semver/functions/coerce.js"(exports, module) {
    "use strict";
    var SemVer2 = require_semver();
    var parse3 = require_parse();
    var { safeRe: re, t } = require_re();
    var coerce = (version3, options) => {
      if (version3 instanceof SemVer2) {
        return version3;
      }
      if (typeof version3 === "number") {
        version3 = String(version3);
      }
      if (typeof version3 !== "string") {
        return null;
      }
      options = options || {};
      let match3 = null;
      if (!options.rtl) {
        match3 = version3.match(options.includePrerelease ? re[t.COERCEFULL] : re[t.COERCE]);
      } else {
        const coerceRtlRegex = options.includePrerelease ? re[t.COERCERTLFULL] : re[t.COERCERTL];
        let next;
        while ((next = coerceRtlRegex.exec(version3)) && (!match3 || match3.index + match3[0].length !== version3.length)) {
          if (!match3 || next.index + next[0].length !== match3.index + match3[0].length) {
            match3 = next;
          }
          coerceRtlRegex.lastIndex = next.index + next[1].length + next[2].length;
        }
        coerceRtlRegex.lastIndex = -1;
      }
      if (match3 === null) {
        return null;
      }
      const major2 = match3[2];
      const minor2 = match3[3] || "0";
      const patch2 = match3[4] || "0";
      const prerelease2 = options.includePrerelease && match3[5] ? `-${match3[5]}` : "";
      const build = options.includePrerelease && match3[6] ? `+${match3[6]}` : "";
      return parse3(`${major2}.${minor2}.${patch2}${prerelease2}${build}`, options);
    };
    module.exports = coerce;
  }
});

// node_modules/semver/functions/truncate.js
var require_truncate = __commonJS({
  "node_modules/semver/functions/truncate.js"(exports, module) {
    "use strict";
    var parse3 = require_parse();
    var constants9 = require_constants();
    var SemVer2 = require_semver();
    var truncate = (version3, truncation, options) => {
      if (!constants9.RELEASE_TYPES.includes(truncation)) {
        return null;
      }
      const clonedVersion = cloneInputVersion(version3, options);
      return clonedVersion && doTruncation(clonedVersion, truncation);
    };
    var cloneInputVersion = (version3, options) => {
      const versionStringToParse = version3 instanceof SemVer2 ? version3.version : version3;
      return parse3(versionStringToParse, options);
    };
    var doTruncation = (version3, truncation) => {
      if (isPrerelease(truncation)) {
        return version3.version;
      }
      version3.prerelease = [];
      switch (truncation) {
        case "major":
          version3.minor = 0;
          version3.patch = 0;
          break;
        case "minor":
          version3.patch = 0;
          break;
      }
      return version3.format();
    };
    var isPrerelease = (type) => {
      return type.startsWith("pre");
    };
    module.exports = truncate;
  }
});

// node_modules/semver/internal/lrucache.js
var require_lrucache = __commonJS({
  "node_modules/semver/internal/lrucache.js"(exports, module) {
    "use strict";
    var LRUCache = class {
      constructor() {
        this.max = 1e3;
        this.map = /* @__PURE__ */ new Map();
      }
      get(key) {
        const value = this.map.get(key);
        if (value === void 0) {
          return void 0;
        } else {
          this.map.delete(key);
          this.map.set(key, value);
          return value;
        }
      }
      delete(key) {
        return this.map.delete(key);
      }
      set(key, value) {
        const deleted = this.delete(key);
        if (!deleted && value !== void 0) {
          if (this.map.size >= this.max) {
            const firstKey = this.map.keys().next().value;
            this.delete(firstKey);
          }
          this.map.set(key, value);
        }
        return this;
      }
    };
    module.exports = LRUCache;
  }
});

// node_modules/semver/internal/trim-comparator-whitespace.js
var require_trim_comparator_whitespace = __commonJS({
  "node_modules/semver/internal/trim-comparator-whitespace.js"(exports, module) {
    "use strict";
    var {
      MAX_LENGTH,
      MAX_SAFE_BUILD_LENGTH,
      WHITESPACE_CHARACTERS
    } = require_constants();
    var whitespace = new Uint8Array(65536);
    for (const char of WHITESPACE_CHARACTERS) {
      whitespace[char.charCodeAt(0)] = 1;
    }
    var isWhitespace = (char) => char !== void 0 && whitespace[char.charCodeAt(0)] === 1;
    var isVersionPrefix = (char) => char === "v" || char === "=" || isWhitespace(char);
    var isDigit = (char) => char !== void 0 && char >= "0" && char <= "9";
    var isLetter = (char) => char !== void 0 && (char >= "a" && char <= "z" || char >= "A" && char <= "Z");
    var isIdentifierCharacter = (char) => isDigit(char) || isLetter(char) || char === "-";
    var isVersionStart = (char) => isDigit(char) || char === "x" || char === "X" || char === "*";
    var findDigitsEndIndex = (range3, start, limit, digitRuns) => {
      if (!isDigit(range3[start])) {
        return start;
      }
      if (start >= digitRuns.start && start < digitRuns.end) {
        return Math.min(start + limit, digitRuns.end);
      }
      if (start >= digitRuns.previousStart && start < digitRuns.previousEnd) {
        return Math.min(start + limit, digitRuns.previousEnd);
      }
      let end = start + 1;
      while (isDigit(range3[end])) {
        end++;
      }
      digitRuns.previousStart = digitRuns.start;
      digitRuns.previousEnd = digitRuns.end;
      digitRuns.start = start;
      digitRuns.end = end;
      return Math.min(start + limit, end);
    };
    var findVersionNumberEndIndex = (range3, start, loose, digitRuns) => {
      if (!loose && range3[start] === "0") {
        return start + 1;
      }
      return findDigitsEndIndex(range3, start, loose ? MAX_LENGTH : MAX_LENGTH + 1, digitRuns);
    };
    var findPrereleaseIdentifierEndIndex = (range3, start, loose, digitRuns) => {
      const digitsEnd = findDigitsEndIndex(range3, start, MAX_LENGTH, digitRuns);
      if (isLetter(range3[digitsEnd]) || range3[digitsEnd] === "-") {
        let end = digitsEnd + 1;
        const limit = end + MAX_SAFE_BUILD_LENGTH;
        while (end < limit && isIdentifierCharacter(range3[end])) {
          end++;
        }
        return end;
      }
      return findVersionNumberEndIndex(range3, start, loose, digitRuns);
    };
    var findPrereleaseEndIndex = (range3, start, loose, digitRuns) => {
      const hyphen = range3[start] === "-";
      if (!loose && !hyphen) {
        return start;
      }
      const identifierStart = start + (hyphen ? 1 : 0);
      let end = findPrereleaseIdentifierEndIndex(range3, identifierStart, loose, digitRuns);
      if (end === identifierStart) {
        if (!loose || !hyphen) {
          return start;
        }
        end = findPrereleaseIdentifierEndIndex(range3, start, loose, digitRuns);
      }
      while (range3[end] === ".") {
        const next = findPrereleaseIdentifierEndIndex(range3, end + 1, loose, digitRuns);
        if (next === end + 1) {
          break;
        }
        end = next;
      }
      return end;
    };
    var findBuildIdentifierEndIndex = (range3, start) => {
      let end = start;
      while (end - start < MAX_SAFE_BUILD_LENGTH && isIdentifierCharacter(range3[end])) {
        end++;
      }
      return end;
    };
    var findBuildEndIndex = (range3, start) => {
      if (range3[start] !== "+") {
        return start;
      }
      let end = findBuildIdentifierEndIndex(range3, start + 1);
      if (end === start + 1) {
        return start;
      }
      while (range3[end] === ".") {
        const next = findBuildIdentifierEndIndex(range3, end + 1);
        if (next === end + 1) {
          break;
        }
        end = next;
      }
      return end;
    };
    var findLooseFullVersionEndIndex = (range3, start, digitRuns) => {
      let end = start;
      for (let component = 0; component < 3; component++) {
        const next = findVersionNumberEndIndex(range3, end, true, digitRuns);
        if (next === end) {
          return start;
        }
        end = next;
        if (component < 2) {
          if (range3[end] !== ".") {
            return start;
          }
          end++;
        }
      }
      const prereleaseEnd = findPrereleaseEndIndex(range3, end, true, digitRuns);
      return findBuildEndIndex(range3, prereleaseEnd);
    };
    var findPartialVersionComponentEndIndex = (range3, start, digitRuns) => {
      if (isDigit(range3[start])) {
        return findVersionNumberEndIndex(range3, start, false, digitRuns);
      }
      return isVersionStart(range3[start]) ? start + 1 : start;
    };
    var findPartialVersionEndIndex = (range3, start, digitRuns) => {
      let end = findPartialVersionComponentEndIndex(range3, start, digitRuns);
      for (let component = 0; component < 2; component++) {
        if (range3[end] !== ".") {
          return end;
        }
        const next = findPartialVersionComponentEndIndex(range3, end + 1, digitRuns);
        if (next === end + 1) {
          return end;
        }
        end = next;
      }
      const prereleaseEnd = findPrereleaseEndIndex(range3, end, false, digitRuns);
      return findBuildEndIndex(range3, prereleaseEnd);
    };
    var findVersionEndIndex = (range3, start, digitRuns) => {
      const fullVersionEnd = findLooseFullVersionEndIndex(range3, start, digitRuns);
      return fullVersionEnd !== start ? fullVersionEnd : findPartialVersionEndIndex(range3, start, digitRuns);
    };
    var findRemovableWhitespaceIndex = (range3, matchStart) => {
      let position = matchStart;
      if (isWhitespace(range3[position])) {
        position++;
      }
      if (range3[position] === "<" || range3[position] === ">") {
        position++;
      }
      if (range3[position] === "=") {
        position++;
      }
      return isWhitespace(range3[position]) ? position : -1;
    };
    var trimComparatorWhitespace = (range3) => {
      let result = "";
      let copyFrom = 0;
      let cursor = 0;
      const digitRuns = { start: -1, end: -1, previousStart: -1, previousEnd: -1 };
      while (cursor < range3.length) {
        const matchStart = cursor;
        if (range3[cursor] === "<" || range3[cursor] === ">") {
          cursor++;
        } else if (!isVersionPrefix(range3[cursor]) && !isVersionStart(range3[cursor])) {
          cursor++;
          continue;
        }
        while (cursor < range3.length && isVersionPrefix(range3[cursor])) {
          cursor++;
        }
        if (!isVersionStart(range3[cursor])) {
          continue;
        }
        const whitespacePosition = findRemovableWhitespaceIndex(range3, matchStart);
        if (whitespacePosition !== -1) {
          result += range3.slice(copyFrom, whitespacePosition);
          copyFrom = whitespacePosition + 1;
        }
        cursor = findVersionEndIndex(range3, cursor, digitRuns);
      }
      return result + range3.slice(copyFrom);
    };
    module.exports = trimComparatorWhitespace;
  }
});

// node_modules/semver/classes/range.js
var require_range = __commonJS({
  "node_modules/semver/classes/range.js"(exports, module) {
    "use strict";
    var SPACE_CHARACTERS = /\s+/g;
    var Range = class _Range {
      constructor(range3, options) {
        options = parseOptions(options);
        if (range3 instanceof _Range) {
          if (range3.loose === !!options.loose && range3.includePrerelease === !!options.includePrerelease) {
            return range3;
          } else {
            return new _Range(range3.raw, options);
          }
        }
        if (range3 instanceof Comparator) {
          this.raw = range3.value;
          this.set = [[range3]];
          this.formatted = void 0;
          return this;
        }
        this.options = options;
        this.loose = !!options.loose;
        this.includePrerelease = !!options.includePrerelease;
        this.raw = range3.trim().replace(SPACE_CHARACTERS, " ");
        this.set = this.raw.split("||").map((r) => this.parseRange(r.trim())).filter((c) => c.length);
        if (!this.set.length) {
          throw new TypeError(`Invalid SemVer Range: ${this.raw}`);
        }
        if (this.set.length > 1) {
          const first = this.set[0];
          this.set = this.set.filter((c) => !isNullSet(c[0]));
          if (this.set.length === 0) {
            this.set = [first];
          } else if (this.set.length > 1) {
            for (const c of this.set) {
              if (c.length === 1 && isAny(c[0])) {
                this.set = [c];
                break;
              }
            }
          }
        }
        this.formatted = void 0;
      }
      get range() {
        if (this.formatted === void 0) {
          this.formatted = "";
          for (let i = 0; i < this.set.length; i++) {
            if (i > 0) {
              this.formatted += "||";
            }
            const comps = this.set[i];
            for (let k = 0; k < comps.length; k++) {
              if (k > 0) {
                this.formatted += " ";
              }
              this.formatted += comps[k].toString().trim();
            }
          }
        }
        return this.formatted;
      }
      format() {
        return this.range;
      }
      toString() {
        return this.range;
      }
      parseRange(range3) {
        range3 = range3.replace(BUILDSTRIPRE, "");
        const memoOpts = (this.options.includePrerelease && FLAG_INCLUDE_PRERELEASE) | (this.options.loose && FLAG_LOOSE);
        const memoKey = memoOpts + ":" + range3;
        const cached = cache.get(memoKey);
        if (cached) {
          return cached;
        }
        const loose = this.options.loose;
        const hr = loose ? re[t.HYPHENRANGELOOSE] : re[t.HYPHENRANGE];
        range3 = range3.replace(hr, hyphenReplace(this.options.includePrerelease));
        debug3("hyphen replace", range3);
        range3 = trimComparatorWhitespace(range3);
        debug3("comparator trim", range3);
        range3 = range3.replace(re[t.TILDETRIM], tildeTrimReplace);
        debug3("tilde trim", range3);
        range3 = range3.replace(re[t.CARETTRIM], caretTrimReplace);
        debug3("caret trim", range3);
        let rangeList = range3.split(" ").map((comp) => parseComparator(comp, this.options)).join(" ").split(/\s+/).map((comp) => replaceGTE0(comp, this.options));
        if (loose) {
          rangeList = rangeList.filter((comp) => {
            debug3("loose invalid filter", comp, this.options);
            return !!comp.match(re[t.COMPARATORLOOSE]);
          });
        }
        debug3("range list", rangeList);
        const rangeMap = /* @__PURE__ */ new Map();
        const comparators = rangeList.map((comp) => new Comparator(comp, this.options));
        for (const comp of comparators) {
          if (isNullSet(comp)) {
            return [comp];
          }
          rangeMap.set(comp.value, comp);
        }
        if (rangeMap.size > 1 && rangeMap.has("")) {
          rangeMap.delete("");
        }
        const result = [...rangeMap.values()];
        cache.set(memoKey, result);
        return result;
      }
      intersects(range3, options) {
        if (!(range3 instanceof _Range)) {
          throw new TypeError("a Range is required");
        }
        return this.set.some((thisComparators) => {
          return isSatisfiable(thisComparators, options) && range3.set.some((rangeComparators) => {
            return isSatisfiable(rangeComparators, options) && thisComparators.every((thisComparator) => {
              return rangeComparators.every((rangeComparator) => {
                return thisComparator.intersects(rangeComparator, options);
              });
            });
          });
        });
      }
      // if ANY of the sets match ALL of its comparators, then pass
      test(version3) {
        if (!version3) {
          return false;
        }
        if (typeof version3 === "string") {
          try {
            version3 = new SemVer2(version3, this.options);
          } catch (er) {
            return false;
          }
        }
        for (let i = 0; i < this.set.length; i++) {
          if (testSet(this.set[i], version3, this.options)) {
            return true;
          }
        }
        return false;
      }
    };
    module.exports = Range;
    var LRU = require_lrucache();
    var cache = new LRU();
    var parseOptions = require_parse_options();
    var Comparator = require_comparator();
    var debug3 = require_debug();
    var SemVer2 = require_semver();
    var trimComparatorWhitespace = require_trim_comparator_whitespace();
    var {
      safeRe: re,
      src,
      t,
      tildeTrimReplace,
      caretTrimReplace
    } = require_re();
    var { FLAG_INCLUDE_PRERELEASE, FLAG_LOOSE } = require_constants();
    var BUILDSTRIPRE = new RegExp(src[t.BUILD], "g");
    var isNullSet = (c) => c.value === "<0.0.0-0";
    var isAny = (c) => c.value === "";
    var isSatisfiable = (comparators, options) => {
      let result = true;
      const remainingComparators = comparators.slice();
      let testComparator = remainingComparators.pop();
      while (result && remainingComparators.length) {
        result = remainingComparators.every((otherComparator) => {
          return testComparator.intersects(otherComparator, options);
        });
        testComparator = remainingComparators.pop();
      }
      return result;
    };
    var parseComparator = (comp, options) => {
      comp = comp.replace(re[t.BUILD], "");
      debug3("comp", comp, options);
      comp = replaceCarets(comp, options);
      debug3("caret", comp);
      comp = replaceTildes(comp, options);
      debug3("tildes", comp);
      comp = replaceXRanges(comp, options);
      debug3("xrange", comp);
      comp = replaceStars(comp, options);
      debug3("stars", comp);
      return comp;
    };
    var isX = (id) => !id || id.toLowerCase() === "x" || id === "*";
    var invalidXRangeOrder = (M, m, p) => isX(M) && !isX(m) || isX(m) && p && !isX(p);
    var replaceTildes = (comp, options) => {
      return comp.trim().split(/\s+/).map((c) => replaceTilde(c, options)).join(" ");
    };
    var replaceTilde = (comp, options) => {
      const r = options.loose ? re[t.TILDELOOSE] : re[t.TILDE];
      const z = options.includePrerelease ? "-0" : "";
      return comp.replace(r, (_, M, m, p, pr) => {
        debug3("tilde", comp, _, M, m, p, pr);
        let ret;
        if (isX(M)) {
          ret = "";
        } else if (isX(m)) {
          ret = `>=${M}.0.0${z} <${+M + 1}.0.0-0`;
        } else if (isX(p)) {
          ret = `>=${M}.${m}.0${z} <${M}.${+m + 1}.0-0`;
        } else if (pr) {
          debug3("replaceTilde pr", pr);
          ret = `>=${M}.${m}.${p}-${pr} <${M}.${+m + 1}.0-0`;
        } else {
          ret = `>=${M}.${m}.${p} <${M}.${+m + 1}.0-0`;
        }
        debug3("tilde return", ret);
        return ret;
      });
    };
    var replaceCarets = (comp, options) => {
      return comp.trim().split(/\s+/).map((c) => replaceCaret(c, options)).join(" ");
    };
    var replaceCaret = (comp, options) => {
      debug3("caret", comp, options);
      const r = options.loose ? re[t.CARETLOOSE] : re[t.CARET];
      const z = options.includePrerelease ? "-0" : "";
      return comp.replace(r, (_, M, m, p, pr) => {
        debug3("caret", comp, _, M, m, p, pr);
        let ret;
        if (isX(M)) {
          ret = "";
        } else if (isX(m)) {
          ret = `>=${M}.0.0${z} <${+M + 1}.0.0-0`;
        } else if (isX(p)) {
          if (M === "0") {
            ret = `>=${M}.${m}.0${z} <${M}.${+m + 1}.0-0`;
          } else {
            ret = `>=${M}.${m}.0${z} <${+M + 1}.0.0-0`;
          }
        } else if (pr) {
          debug3("replaceCaret pr", pr);
          if (M === "0") {
            if (m === "0") {
              ret = `>=${M}.${m}.${p}-${pr} <${M}.${m}.${+p + 1}-0`;
            } else {
              ret = `>=${M}.${m}.${p}-${pr} <${M}.${+m + 1}.0-0`;
            }
          } else {
            ret = `>=${M}.${m}.${p}-${pr} <${+M + 1}.0.0-0`;
          }
        } else {
          debug3("no pr");
          if (M === "0") {
            if (m === "0") {
              ret = `>=${M}.${m}.${p} <${M}.${m}.${+p + 1}-0`;
            } else {
              ret = `>=${M}.${m}.${p} <${M}.${+m + 1}.0-0`;
            }
          } else {
            ret = `>=${M}.${m}.${p} <${+M + 1}.0.0-0`;
          }
        }
        debug3("caret return", ret);
        return ret;
      });
    };
    var replaceXRanges = (comp, options) => {
      debug3("replaceXRanges", comp, options);
      return comp.split(/\s+/).map((c) => replaceXRange(c, options)).join(" ");
    };
    var replaceXRange = (comp, options) => {
      comp = comp.trim();
      const r = options.loose ? re[t.XRANGELOOSE] : re[t.XRANGE];
      return comp.replace(r, (ret, gtlt, M, m, p, pr) => {
        debug3("xRange", comp, ret, gtlt, M, m, p, pr);
        if (invalidXRangeOrder(M, m, p)) {
          return comp;
        }
        const xM = isX(M);
        const xm = xM || isX(m);
        const xp = xm || isX(p);
        const anyX = xp;
        if (gtlt === "=" && anyX) {
          gtlt = "";
        }
        pr = options.includePrerelease ? "-0" : "";
        if (xM) {
          if (gtlt === ">" || gtlt === "<") {
            ret = "<0.0.0-0";
          } else {
            ret = "*";
          }
        } else if (gtlt && anyX) {
          if (xm) {
            m = 0;
          }
          p = 0;
          if (gtlt === ">") {
            gtlt = ">=";
            if (xm) {
              M = +M + 1;
              m = 0;
              p = 0;
            } else {
              m = +m + 1;
              p = 0;
            }
          } else if (gtlt === "<=") {
            gtlt = "<";
            if (xm) {
              M = +M + 1;
            } else {
              m = +m + 1;
            }
          }
          if (gtlt === "<") {
            pr = "-0";
          }
          ret = `${gtlt + M}.${m}.${p}${pr}`;
        } else if (xm) {
          ret = `>=${M}.0.0${pr} <${+M + 1}.0.0-0`;
        } else if (xp) {
          ret = `>=${M}.${m}.0${pr} <${M}.${+m + 1}.0-0`;
        }
        debug3("xRange return", ret);
        return ret;
      });
    };
    var replaceStars = (comp, options) => {
      debug3("replaceStars", comp, options);
      return comp.trim().replace(re[t.STAR], "");
    };
    var replaceGTE0 = (comp, options) => {
      debug3("replaceGTE0", comp, options);
      return comp.trim().replace(re[options.includePrerelease ? t.GTE0PRE : t.GTE0], "");
    };
    var hyphenReplace = (incPr) => ($0, from, fM, fm, fp, fpr, fb, to, tM, tm, tp, tpr) => {
      if (isX(fM)) {
        from = "";
      } else if (isX(fm)) {
        from = `>=${fM}.0.0${incPr ? "-0" : ""}`;
      } else if (isX(fp)) {
        from = `>=${fM}.${fm}.0${incPr ? "-0" : ""}`;
      } else if (fpr) {
        from = `>=${from}`;
      } else {
        from = `>=${from}${incPr ? "-0" : ""}`;
      }
      if (isX(tM)) {
        to = "";
      } else if (isX(tm)) {
        to = `<${+tM + 1}.0.0-0`;
      } else if (isX(tp)) {
        to = `<${tM}.${+tm + 1}.0-0`;
      } else if (tpr) {
        to = `<=${tM}.${tm}.${tp}-${tpr}`;
      } else if (incPr) {
        to = `<${tM}.${tm}.${+tp + 1}-0`;
      } else {
        to = `<=${to}`;
      }
      return `${from} ${to}`.trim();
    };
    var testSet = (set, version3, options) => {
      for (let i = 0; i < set.length; i++) {
        if (!set[i].test(version3)) {
          return false;
        }
      }
      if (version3.prerelease.length && !options.includePrerelease) {
        for (let i = 0; i < set.length; i++) {
          debug3(set[i].semver);
          if (set[i].semver === Comparator.ANY) {
            continue;
          }
          if (set[i].semver.prerelease.length > 0) {
            const allowed3 = set[i].semver;
            if (allowed3.major === version3.major && allowed3.minor === version3.minor && allowed3.patch === version3.patch) {
              return true;
            }
          }
        }
        return false;
      }
      return true;
    };
  }
});

// node_modules/semver/classes/comparator.js
var require_comparator = __commonJS({
  "node_modules/semver/classes/comparator.js"(exports, module) {
    "use strict";
    var ANY = /* @__PURE__ */ Symbol("SemVer ANY");
    var Comparator = class _Comparator {
      static get ANY() {
        return ANY;
      }
      constructor(comp, options) {
        options = parseOptions(options);
        if (comp instanceof _Comparator) {
          if (comp.loose === !!options.loose) {
            return comp;
          } else {
            comp = comp.value;
          }
        }
        comp = comp.trim().split(/\s+/).join(" ");
        debug3("comparator", comp, options);
        this.options = options;
        this.loose = !!options.loose;
        this.parse(comp);
        if (this.semver === ANY) {
          this.value = "";
        } else {
          this.value = this.operator + this.semver.version;
        }
        debug3("comp", this);
      }
      parse(comp) {
        const r = this.options.loose ? re[t.COMPARATORLOOSE] : re[t.COMPARATOR];
        const m = comp.match(r);
        if (!m) {
          throw new TypeError(`Invalid comparator: ${comp}`);
        }
        this.operator = m[1] !== void 0 ? m[1] : "";
        if (this.operator === "=") {
          this.operator = "";
        }
        if (!m[2]) {
          this.semver = ANY;
        } else {
          this.semver = new SemVer2(m[2], this.options.loose);
        }
      }
      toString() {
        return this.value;
      }
      test(version3) {
        debug3("Comparator.test", version3, this.options.loose);
        if (this.semver === ANY || version3 === ANY) {
          return true;
        }
        if (typeof version3 === "string") {
          try {
            version3 = new SemVer2(version3, this.options);
          } catch (er) {
            return false;
          }
        }
        return cmp(version3, this.operator, this.semver, this.options);
      }
      intersects(comp, options) {
        if (!(comp instanceof _Comparator)) {
          throw new TypeError("a Comparator is required");
        }
        if (this.operator === "") {
          if (this.value === "") {
            return true;
          }
          return new Range(comp.value, options).test(this.value);
        } else if (comp.operator === "") {
          if (comp.value === "") {
            return true;
          }
          return new Range(this.value, options).test(comp.semver);
        }
        options = parseOptions(options);
        if (options.includePrerelease && (this.value === "<0.0.0-0" || comp.value === "<0.0.0-0")) {
          return false;
        }
        if (!options.includePrerelease && (this.value.startsWith("<0.0.0") || comp.value.startsWith("<0.0.0"))) {
          return false;
        }
        if (this.operator.startsWith(">") && comp.operator.startsWith(">")) {
          return true;
        }
        if (this.operator.startsWith("<") && comp.operator.startsWith("<")) {
          return true;
        }
        if (this.semver.version === comp.semver.version && this.operator.includes("=") && comp.operator.includes("=")) {
          return true;
        }
        if (cmp(this.semver, "<", comp.semver, options) && this.operator.startsWith(">") && comp.operator.startsWith("<")) {
          return true;
        }
        if (cmp(this.semver, ">", comp.semver, options) && this.operator.startsWith("<") && comp.operator.startsWith(">")) {
          return true;
        }
        return false;
      }
    };
    module.exports = Comparator;
    var parseOptions = require_parse_options();
    var { safeRe: re, t } = require_re();
    var cmp = require_cmp();
    var debug3 = require_debug();
    var SemVer2 = require_semver();
    var Range = require_range();
  }
});

// node_modules/semver/functions/satisfies.js
var require_satisfies = __commonJS({
  "node_modules/semver/functions/satisfies.js"(exports, module) {
    "use strict";
    var Range = require_range();
    var satisfies4 = (version3, range3, options) => {
      try {
        range3 = new Range(range3, options);
      } catch (er) {
        return false;
      }
      return range3.test(version3);
    };
    module.exports = satisfies4;
  }
});

// node_modules/semver/ranges/to-comparators.js
var require_to_comparators = __commonJS({
  "node_modules/semver/ranges/to-comparators.js"(exports, module) {
    "use strict";
    var Range = require_range();
    var toComparators = (range3, options) => new Range(range3, options).set.map((comp) => comp.map((c) => c.value).join(" ").trim().split(" "));
    module.exports = toComparators;
  }
});

// node_modules/semver/ranges/max-satisfying.js
var require_max_satisfying = __commonJS({
  "node_modules/semver/ranges/max-satisfying.js"(exports, module) {
    "use strict";
    var SemVer2 = require_semver();
    var Range = require_range();
    var maxSatisfying = (versions, range3, options) => {
      let max2 = null;
      let maxSV = null;
      let rangeObj = null;
      try {
        rangeObj = new Range(range3, options);
      } catch (er) {
        return null;
      }
      versions.forEach((v) => {
        if (rangeObj.test(v)) {
          if (!max2 || maxSV.compare(v) === -1) {
            max2 = v;
            maxSV = new SemVer2(max2, options);
          }
        }
      });
      return max2;
    };
    module.exports = maxSatisfying;
  }
});

// node_modules/semver/ranges/min-satisfying.js
var require_min_satisfying = __commonJS({
  "node_modules/semver/ranges/min-satisfying.js"(exports, module) {
    "use strict";
    var SemVer2 = require_semver();
    var Range = require_range();
    var minSatisfying = (versions, range3, options) => {
      let min = null;
      let minSV = null;
      let rangeObj = null;
      try {
        rangeObj = new Range(range3, options);
      } catch (er) {
        return null;
      }
      versions.forEach((v) => {
        if (rangeObj.test(v)) {
          if (!min || minSV.compare(v) === 1) {
            min = v;
            minSV = new SemVer2(min, options);
          }
        }
      });
      return min;
    };
    module.exports = minSatisfying;
  }
});

// node_modules/semver/ranges/min-version.js
var require_min_version = __commonJS({
  "node_modules/semver/ranges/min-version.js"(exports, module) {
    "use strict";
    var SemVer2 = require_semver();
    var Range = require_range();
    var gt2 = require_gt();
    var minVersion = (range3, loose) => {
      range3 = new Range(range3, loose);
      let minver = new SemVer2("0.0.0");
      if (range3.test(minver)) {
        return minver;
      }
      minver = new SemVer2("0.0.0-0");
      if (range3.test(minver)) {
        return minver;
      }
      minver = null;
      for (let i = 0; i < range3.set.length; ++i) {
        const comparators = range3.set[i];
        let setMin = null;
        comparators.forEach((comparator) => {
          const compver = new SemVer2(comparator.semver.version);
          switch (comparator.operator) {
            case ">":
              if (compver.prerelease.length === 0) {
                compver.patch++;
              } else {
                compver.prerelease.push(0);
              }
              compver.raw = compver.format();
            /* fallthrough */
            case "":
            case ">=":
              if (!setMin || gt2(compver, setMin)) {
                setMin = compver;
              }
              break;
            case "<":
            case "<=":
              break;
            /* istanbul ignore next */
            default:
              throw new Error(`Unexpected operation: ${comparator.operator}`);
          }
        });
        if (setMin && (!minver || gt2(minver, setMin))) {
          minver = setMin;
        }
      }
      if (minver && range3.test(minver)) {
        return minver;
      }
      return null;
    };
    module.exports = minVersion;
  }
});

// node_modules/semver/ranges/valid.js
var require_valid2 = __commonJS({
  "node_modules/semver/ranges/valid.js"(exports, module) {
    "use strict";
    var Range = require_range();
    var validRange2 = (range3, options) => {
      try {
        return new Range(range3, options).range || "*";
      } catch (er) {
        return null;
      }
    };
    module.exports = validRange2;
  }
});

// node_modules/semver/ranges/outside.js
var require_outside = __commonJS({
  "node_modules/semver/ranges/outside.js"(exports, module) {
    "use strict";
    var SemVer2 = require_semver();
    var Comparator = require_comparator();
    var { ANY } = Comparator;
    var Range = require_range();
    var satisfies4 = require_satisfies();
    var gt2 = require_gt();
    var lt = require_lt();
    var lte2 = require_lte();
    var gte2 = require_gte();
    var outside2 = (version3, range3, hilo, options) => {
      version3 = new SemVer2(version3, options);
      range3 = new Range(range3, options);
      let gtfn, ltefn, ltfn, comp, ecomp;
      switch (hilo) {
        case ">":
          gtfn = gt2;
          ltefn = lte2;
          ltfn = lt;
          comp = ">";
          ecomp = ">=";
          break;
        case "<":
          gtfn = lt;
          ltefn = gte2;
          ltfn = gt2;
          comp = "<";
          ecomp = "<=";
          break;
        default:
          throw new TypeError('Must provide a hilo val of "<" or ">"');
      }
      if (satisfies4(version3, range3, options)) {
        return false;
      }
      for (let i = 0; i < range3.set.length; ++i) {
        const comparators = range3.set[i];
        let high = null;
        let low = null;
        comparators.forEach((comparator) => {
          if (comparator.semver === ANY) {
            comparator = new Comparator(">=0.0.0");
          }
          high = high || comparator;
          low = low || comparator;
          if (gtfn(comparator.semver, high.semver, options)) {
            high = comparator;
          } else if (ltfn(comparator.semver, low.semver, options)) {
            low = comparator;
          }
        });
        if (high.operator === comp || high.operator === ecomp) {
          return false;
        }
        if ((!low.operator || low.operator === comp) && ltefn(version3, low.semver)) {
          return false;
        } else if (low.operator === ecomp && ltfn(version3, low.semver)) {
          return false;
        }
      }
      return true;
    };
    module.exports = outside2;
  }
});

// node_modules/semver/ranges/gtr.js
var require_gtr = __commonJS({
  "node_modules/semver/ranges/gtr.js"(exports, module) {
    "use strict";
    var outside2 = require_outside();
    var gtr = (version3, range3, options) => outside2(version3, range3, ">", options);
    module.exports = gtr;
  }
});

// node_modules/semver/ranges/ltr.js
var require_ltr = __commonJS({
  "node_modules/semver/ranges/ltr.js"(exports, module) {
    "use strict";
    var outside2 = require_outside();
    var ltr = (version3, range3, options) => outside2(version3, range3, "<", options);
    module.exports = ltr;
  }
});

// node_modules/semver/ranges/intersects.js
var require_intersects = __commonJS({
  "node_modules/semver/ranges/intersects.js"(exports, module) {
    "use strict";
    var Range = require_range();
    var intersects = (r1, r2, options) => {
      r1 = new Range(r1, options);
      r2 = new Range(r2, options);
      return r1.intersects(r2, options);
    };
    module.exports = intersects;
  }
});

// node_modules/semver/ranges/simplify.js
var require_simplify = __commonJS({
  "node_modules/semver/ranges/simplify.js"(exports, module) {
    "use strict";
    var satisfies4 = require_satisfies();
    var compare2 = require_compare();
    module.exports = (versions, range3, options) => {
      const set = [];
      let first = null;
      let prev = null;
      const v = versions.sort((a, b) => compare2(a, b, options));
      for (const version3 of v) {
        const included = satisfies4(version3, range3, options);
        if (included) {
          prev = version3;
          if (!first) {
            first = version3;
          }
        } else {
          if (prev) {
            set.push([first, prev]);
          }
          prev = null;
          first = null;
        }
      }
      if (first) {
        set.push([first, null]);
      }
      const ranges = [];
      for (const [min, max2] of set) {
        if (min === max2) {
          ranges.push(min);
        } else if (!max2 && min === v[0]) {
          ranges.push("*");
        } else if (!max2) {
          ranges.push(`>=${min}`);
        } else if (min === v[0]) {
          ranges.push(`<=${max2}`);
        } else {
          ranges.push(`${min} - ${max2}`);
        }
      }
      const simplified = ranges.join(" || ");
      const original = typeof range3.raw === "string" ? range3.raw : String(range3);
      return simplified.length < original.length ? simplified : range3;
    };
  }
});

// node_modules/semver/ranges/subset.js
var require_subset = __commonJS({
  "node_modules/semver/ranges/subset.js"(exports, module) {
    "use strict";
    var Range = require_range();
    var Comparator = require_comparator();
    var { ANY } = Comparator;
    var satisfies4 = require_satisfies();
    var compare2 = require_compare();
    var subset = (sub, dom, options = {}) => {
      if (sub === dom) {
        return true;
      }
      sub = new Range(sub, options);
      dom = new Range(dom, options);
      let sawNonNull = false;
      OUTER: for (const simpleSub of sub.set) {
        for (const simpleDom of dom.set) {
          const isSub = simpleSubset(simpleSub, simpleDom, options);
          sawNonNull = sawNonNull || isSub !== null;
          if (isSub) {
            continue OUTER;
          }
        }
        if (sawNonNull) {
          return false;
        }
      }
      return true;
    };
    var minimumVersionWithPreRelease = [new Comparator(">=0.0.0-0")];
    var minimumVersion = [new Comparator(">=0.0.0")];
    var simpleSubset = (sub, dom, options) => {
      if (sub === dom) {
        return true;
      }
      if (sub.length === 1 && sub[0].semver === ANY) {
        if (dom.length === 1 && dom[0].semver === ANY) {
          return true;
        } else if (options.includePrerelease) {
          sub = minimumVersionWithPreRelease;
        } else {
          sub = minimumVersion;
        }
      }
      if (dom.length === 1 && dom[0].semver === ANY) {
        if (options.includePrerelease) {
          return true;
        } else {
          dom = minimumVersion;
        }
      }
      const eqSet = /* @__PURE__ */ new Set();
      let gt2, lt;
      for (const c of sub) {
        if (c.operator === ">" || c.operator === ">=") {
          gt2 = higherGT(gt2, c, options);
        } else if (c.operator === "<" || c.operator === "<=") {
          lt = lowerLT(lt, c, options);
        } else {
          eqSet.add(c.semver);
        }
      }
      if (eqSet.size > 1) {
        return null;
      }
      let gtltComp;
      if (gt2 && lt) {
        gtltComp = compare2(gt2.semver, lt.semver, options);
        if (gtltComp > 0) {
          return null;
        } else if (gtltComp === 0 && (gt2.operator !== ">=" || lt.operator !== "<=")) {
          return null;
        }
      }
      for (const eq of eqSet) {
        if (gt2 && !satisfies4(eq, String(gt2), options)) {
          return null;
        }
        if (lt && !satisfies4(eq, String(lt), options)) {
          return null;
        }
        for (const c of dom) {
          if (!satisfies4(eq, String(c), options)) {
            return false;
          }
        }
        return true;
      }
      let higher, lower;
      let hasDomLT, hasDomGT;
      let needDomLTPre = lt && !options.includePrerelease && lt.semver.prerelease.length ? lt.semver : false;
      let needDomGTPre = gt2 && !options.includePrerelease && gt2.semver.prerelease.length ? gt2.semver : false;
      if (needDomLTPre && needDomLTPre.prerelease.length === 1 && lt.operator === "<" && needDomLTPre.prerelease[0] === 0) {
        needDomLTPre = false;
      }
      for (const c of dom) {
        hasDomGT = hasDomGT || c.operator === ">" || c.operator === ">=";
        hasDomLT = hasDomLT || c.operator === "<" || c.operator === "<=";
        if (gt2) {
          if (needDomGTPre) {
            if (c.semver.prerelease && c.semver.prerelease.length && c.semver.major === needDomGTPre.major && c.semver.minor === needDomGTPre.minor && c.semver.patch === needDomGTPre.patch) {
              needDomGTPre = false;
            }
          }
          if (c.operator === ">" || c.operator === ">=") {
            higher = higherGT(gt2, c, options);
            if (higher === c && higher !== gt2) {
              return false;
            }
          } else if (gt2.operator === ">=" && !c.test(gt2.semver)) {
            return false;
          }
        }
        if (lt) {
          if (needDomLTPre) {
            if (c.semver.prerelease && c.semver.prerelease.length && c.semver.major === needDomLTPre.major && c.semver.minor === needDomLTPre.minor && c.semver.patch === needDomLTPre.patch) {
              needDomLTPre = false;
            }
          }
          if (c.operator === "<" || c.operator === "<=") {
            lower = lowerLT(lt, c, options);
            if (lower === c && lower !== lt) {
              return false;
            }
          } else if (lt.operator === "<=" && !c.test(lt.semver)) {
            return false;
          }
        }
        if (!c.operator && (lt || gt2) && gtltComp !== 0) {
          return false;
        }
      }
      if (gt2 && hasDomLT && !lt && gtltComp !== 0) {
        return false;
      }
      if (lt && hasDomGT && !gt2 && gtltComp !== 0) {
        return false;
      }
      if (needDomGTPre || needDomLTPre) {
        return false;
      }
      return true;
    };
    var higherGT = (a, b, options) => {
      if (!a) {
        return b;
      }
      const comp = compare2(a.semver, b.semver, options);
      return comp > 0 ? a : comp < 0 ? b : b.operator === ">" && a.operator === ">=" ? b : a;
    };
    var lowerLT = (a, b, options) => {
      if (!a) {
        return b;
      }
      const comp = compare2(a.semver, b.semver, options);
      return comp < 0 ? a : comp > 0 ? b : b.operator === "<" && a.operator === "<=" ? b : a;
    };
    module.exports = subset;
  }
});

// node_modules/semver/index.js
var require_semver2 = __commonJS({
  "node_modules/semver/index.js"(exports, module) {
    "use strict";
    var internalRe = require_re();
    var constants9 = require_constants();
    var SemVer2 = require_semver();
    var identifiers = require_identifiers();
    var parse3 = require_parse();
    var valid3 = require_valid();
    var clean2 = require_clean();
    var inc = require_inc();
    var diff = require_diff();
    var major2 = require_major();
    var minor2 = require_minor();
    var patch2 = require_patch();
    var prerelease2 = require_prerelease();
    var compare2 = require_compare();
    var rcompare2 = require_rcompare();
    var compareLoose = require_compare_loose();
    var compareBuild = require_compare_build();
    var sort = require_sort();
    var rsort = require_rsort();
    var gt2 = require_gt();
    var lt = require_lt();
    var eq = require_eq();
    var neq = require_neq();
    var gte2 = require_gte();
    var lte2 = require_lte();
    var cmp = require_cmp();
    var coerce = require_coerce();
    var truncate = require_truncate();
    var Comparator = require_comparator();
    var Range = require_range();
    var satisfies4 = require_satisfies();
    var toComparators = require_to_comparators();
    var maxSatisfying = require_max_satisfying();
    var minSatisfying = require_min_satisfying();
    var minVersion = require_min_version();
    var validRange2 = require_valid2();
    var outside2 = require_outside();
    var gtr = require_gtr();
    var ltr = require_ltr();
    var intersects = require_intersects();
    var simplifyRange = require_simplify();
    var subset = require_subset();
    module.exports = {
      parse: parse3,
      valid: valid3,
      clean: clean2,
      inc,
      diff,
      major: major2,
      minor: minor2,
      patch: patch2,
      prerelease: prerelease2,
      compare: compare2,
      rcompare: rcompare2,
      compareLoose,
      compareBuild,
      sort,
      rsort,
      gt: gt2,
      lt,
      eq,
      neq,
      gte: gte2,
      lte: lte2,
      cmp,
      coerce,
      truncate,
      Comparator,
      Range,
      satisfies: satisfies4,
      toComparators,
      maxSatisfying,
      minSatisfying,
      minVersion,
      validRange: validRange2,
      outside: outside2,
      gtr,
      ltr,
      intersects,
      simplifyRange,
      subset,
      SemVer: SemVer2,
      re: internalRe.re,
      src: internalRe.src,
      tokens: internalRe.t,
      SEMVER_SPEC_VERSION: constants9.SEMVER_SPEC_VERSION,
      RELEASE_TYPES: constants9.RELEASE_TYPES,
      compareIdentifiers: identifiers.compareIdentifiers,
      rcompareIdentifiers: identifiers.rcompareIdentifiers
    };
  }
});

// src/bundle/bundle.ts
import * as path39 from "node:path";

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
var UserError = class extends ActionError {
  problems;
  constructor(problems) {
    super("user", problems.map(problemText).join("\n"));
    this.problems = problems;
  }
};
function problemText(problem5) {
  const allowed3 = problem5.allowed === "" ? "" : ` Allowed: ${problem5.allowed}.`;
  return `${problem5.what}.${allowed3} ${problem5.fix}`;
}
var CorruptArchive = class extends ActionError {
  constructor(message) {
    super("corrupt-archive", message);
  }
};
var BundleMismatch = class extends ActionError {
  constructor(message) {
    super("bundle-mismatch", message);
  }
};

// src/gofiles/go-version.ts
var NUMBER = "(0|[1-9][0-9]*)";
var VERSION = new RegExp(`^${NUMBER}(?:\\.${NUMBER}(?:\\.${NUMBER}|([a-z]+)${NUMBER}?)?)?$`);
function parseGoVersion(text4) {
  const name = text4.replace(/^devel (?=go)/, "");
  const match3 = VERSION.exec(name.startsWith("go") ? toolchainVersion(name) : name);
  if (match3 === null) return void 0;
  const [, major2 = "", minor2, patch2 = "", kind = "", pre = ""] = match3;
  if (minor2 === void 0) return { major: major2, minor: "0", patch: "0", kind, pre };
  const impliedPatch = patch2 === "" && kind === "" && compareNumbers(minor2, "21") < 0 ? "0" : patch2;
  return { major: major2, minor: minor2, patch: impliedPatch, kind, pre };
}
function compareGoVersions(x, y) {
  const a = parseGoVersion(x) ?? MALFORMED;
  const b = parseGoVersion(y) ?? MALFORMED;
  return compareNumbers(a.major, b.major) || compareNumbers(a.minor, b.minor) || compareNumbers(a.patch, b.patch) || compareText(a.kind, b.kind) || compareNumbers(a.pre, b.pre);
}
function effectiveGoVersion(settings) {
  const { local, goLines, toolchainLines, gotoolchain } = settings;
  if (compareGoVersions(local, "1.21") < 0) return local;
  const { minimum, filesDecide } = readGotoolchain(gotoolchain, local);
  const names = toolchainLines.filter((name) => name !== "default");
  const onlyDefaults = names.length === 0 && goLines.length <= toolchainLines.length;
  if (!filesDecide || onlyDefaults) return minimum;
  let newest = { version: minimum, toolchain: minimum };
  for (const candidate of [
    ...names.filter(isToolchainName).map((name) => ({ version: name, toolchain: name })),
    ...goLines.map((line) => ({ version: line, toolchain: firstToolchain(line) }))
  ]) {
    if (compareGoVersions(candidate.version, newest.version) > 0) newest = candidate;
  }
  return newest.toolchain;
}
var MALFORMED = { major: "", minor: "", patch: "", kind: "", pre: "" };
function readGotoolchain(setting2, local) {
  if (setting2 === "auto" || setting2 === "path") return { minimum: local, filesDecide: true };
  const [, name = "", suffix] = /^(.*?)(?:\+(auto|path))?$/s.exec(setting2) ?? [];
  return { minimum: isToolchainName(name) ? name : local, filesDecide: suffix !== void 0 };
}
function isToolchainName(name) {
  return name.startsWith("go") && parseGoVersion(name) !== void 0;
}
function firstToolchain(goLine) {
  const version3 = parseGoVersion(goLine);
  const isLanguage = version3 !== void 0 && version3.patch === "" && version3.kind === "";
  return isLanguage ? `go${goLine}.0` : `go${goLine}`;
}
function toolchainVersion(name) {
  return /[\\/]/.test(name) ? "" : name.slice("go".length).split(/[ \t-]/)[0] ?? "";
}
function compareNumbers(x, y) {
  return x.length - y.length || compareText(x, y);
}
function compareText(x, y) {
  return x < y ? -1 : Number(x > y);
}

// src/gocmd/build-version.ts
var toolchainModule = "golang.org/toolchain";
function buildGoVersion({ roots, go: go2 }) {
  const files = roots.flatMap((root) => [
    ...root.modules.map((module) => module.goMod),
    ...root.goWork === void 0 ? [] : [root.goWork]
  ]);
  return effectiveGoVersion({
    local: go2.env.GOVERSION ?? "",
    goLines: files.flatMap((file) => file.go ?? []),
    toolchainLines: files.flatMap((file) => file.toolchain ?? []),
    gotoolchain: go2.toolchainSetting
  });
}
function fetchedToolchain({ roots, go: go2 }) {
  const version3 = buildGoVersion({ roots, go: go2 });
  const { GOVERSION = "", GOHOSTOS = "", GOHOSTARCH = "" } = go2.env;
  if (version3 === GOVERSION || /(?:^|\+)path$/.test(go2.toolchainSetting)) return "";
  return `${toolchainModule}@v0.0.1-${version3}.${GOHOSTOS}-${GOHOSTARCH}`;
}

// src/gocmd/detect-go.ts
import * as path10 from "node:path";

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
var machineCodes = [
  "EACCES",
  "EBUSY",
  "EDQUOT",
  "EIO",
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  "ENOSPC",
  "EPERM",
  "EROFS"
];
function isMachineError(error3) {
  return machineCodes.includes(errorCode(error3) ?? "");
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
function openToWrite(file) {
  return fs.openSync(file, "r+");
}
function fsync(fd) {
  fs.fsyncSync(fd);
}
function close(fd) {
  fs.closeSync(fd);
}
function fstat(fd) {
  return fs.fstatSync(fd);
}
function read(fd, buffer, offset, length3, position) {
  let done = 0;
  while (done < length3) {
    const at2 = position === void 0 ? null : position + done;
    const count = fs.readSync(fd, buffer, offset + done, length3 - done, at2);
    if (count === 0) break;
    done += count;
  }
  return done;
}
function writeAt(fd, bytes, position) {
  let done = 0;
  while (done < bytes.length) done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done);
}
function errorCode(error3) {
  return error3?.code;
}

// src/platform/permissions.ts
import { spawnSync as spawnSync2 } from "node:child_process";
import * as fs5 from "node:fs";
import * as path6 from "node:path";

// src/platform/environment.ts
import { devNull } from "node:os";
import * as path from "node:path";

// src/platform/machine.ts
import * as os from "node:os";
function platform() {
  return process.platform;
}
function nodeProgram() {
  return process.execPath;
}
function isSuperuser() {
  return process.getuid?.() === 0;
}
function architecture() {
  return process.arch;
}
function machine() {
  return { platform: process.platform, arch: process.arch, release: os.release(), glibc: glibcVersion() };
}
function glibcVersion() {
  if (process.platform !== "linux" || process.report === void 0) return void 0;
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport();
  return report.header?.glibcVersionRuntime;
}
var systems = { darwin: "macos", win32: "windows" };
function detectMachineImage() {
  return machineImageOf(machine(), readText("/etc/os-release") ?? "");
}
function machineImageOf(found, osRelease) {
  const system = systems[found.platform] ?? found.platform;
  if (found.platform !== "linux") {
    const release2 = found.release.split(".")[found.platform === "win32" ? 2 : 0] ?? found.release;
    return { system, release: release2, arch: found.arch };
  }
  const field2 = (name) => new RegExp(`^${name}="?([^"\\r\\n]*)"?`, "m").exec(osRelease)?.[1] ?? "";
  const library = found.glibc === void 0 ? "musl" : `glibc${found.glibc}`;
  return { system, release: `${field2("ID") || "linux"}${field2("VERSION_ID")}.${library}`, arch: found.arch };
}

// src/platform/environment.ts
function processEnv() {
  return Object.freeze(canonicalNames({ ...process.env }, platform()));
}
function canonicalNames(variables, system) {
  if (system !== "win32") return variables;
  const named = Object.entries(variables).map(
    ([name, value]) => [/_proxy$/i.test(name) ? name : name.toUpperCase(), value]
  );
  return Object.fromEntries(named);
}
function withVariables(variables, changes, system = platform()) {
  if (system !== "win32") return Object.freeze({ ...variables, ...changes });
  const names = new Set(Object.keys(changes).map((name) => name.toUpperCase()));
  const others = Object.entries(variables).filter(([name]) => !names.has(name.toUpperCase()));
  return Object.freeze({ ...Object.fromEntries(others), ...changes });
}
function anyCaseVariable(variables, name) {
  const found = Object.keys(variables).find((key) => key.toUpperCase() === name);
  return (found === void 0 ? void 0 : variables[found]) ?? "";
}
function withPath(variables, folder) {
  const name = Object.keys(variables).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  return withVariables(variables, { [name]: [folder, variables[name]].filter(Boolean).join(path.delimiter) });
}
function isFixedPath(file, system) {
  return system === "win32" ? /^(?:[a-z]:[\\/]|[\\/]{2}[^\\/])/i.test(file) : path.posix.isAbsolute(file);
}
function fixedFolders(list6, system) {
  const { delimiter: delimiter5 } = system === "win32" ? path.win32 : path.posix;
  return list6.split(delimiter5).filter((folder) => isFixedPath(system === "win32" ? folder.replaceAll('"', "") : folder, system)).join(delimiter5);
}
var gitSafeguards = [
  ["core.fsmonitor", "false"],
  ["core.hooksPath", devNull]
];
function childEnvironment(variables, system = platform()) {
  const inPathOnly = system === "win32" ? { NoDefaultCurrentDirectoryInExePath: "1" } : {};
  const defined = Object.entries(withVariables(variables, inPathOnly, system)).filter(
    (entry) => entry[1] !== void 0
  );
  const cleaned2 = defined.map(
    ([name, value]) => name.toUpperCase() === "PATH" ? [name, fixedFolders(value, system)] : [name, value]
  );
  const count = Number(variables.GIT_CONFIG_COUNT || "0");
  if (!Number.isInteger(count) || count < 0) return Object.fromEntries(cleaned2);
  const settings = gitSafeguards.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${count + index}`, key],
    [`GIT_CONFIG_VALUE_${count + index}`, value]
  ]);
  return Object.fromEntries([
    ...cleaned2,
    ["GIT_CONFIG_COUNT", String(count + gitSafeguards.length)],
    ...settings
  ]);
}
function gitSetting(variables, key, value) {
  const count = Number(variables.GIT_CONFIG_COUNT ?? "") || 0;
  return {
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: key,
    [`GIT_CONFIG_VALUE_${count}`]: value
  };
}

// src/platform/processes.ts
import { spawn as spawn2, spawnSync } from "node:child_process";
import * as fs4 from "node:fs";
import { constants as constants5 } from "node:os";
import * as path5 from "node:path";

// node_modules/@actions/exec/lib/exec.js
import { StringDecoder } from "string_decoder";

// node_modules/@actions/exec/lib/toolrunner.js
import * as os2 from "os";
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
    return value instanceof P ? value : new P(function(resolve19) {
      resolve19(value);
    });
  }
  return new (P || (P = Promise))(function(resolve19, reject) {
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
      result.done ? resolve19(result.value) : adopt(result.value).then(fulfilled, rejected);
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
    return value instanceof P ? value : new P(function(resolve19) {
      resolve19(value);
    });
  }
  return new (P || (P = Promise))(function(resolve19, reject) {
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
      result.done ? resolve19(result.value) : adopt(result.value).then(fulfilled, rejected);
    }
    step((generator = generator.apply(thisArg, _arguments || [])).next());
  });
};
function which(tool, check3) {
  return __awaiter2(this, void 0, void 0, function* () {
    if (!tool) {
      throw new Error("parameter 'tool' is required");
    }
    if (check3) {
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
    return value instanceof P ? value : new P(function(resolve19) {
      resolve19(value);
    });
  }
  return new (P || (P = Promise))(function(resolve19, reject) {
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
      result.done ? resolve19(result.value) : adopt(result.value).then(fulfilled, rejected);
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
      let n = s.indexOf(os2.EOL);
      while (n > -1) {
        const line = s.substring(0, n);
        onLine(line);
        s = s.substring(n + os2.EOL.length);
        n = s.indexOf(os2.EOL);
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
      return new Promise((resolve19, reject) => __awaiter3(this, void 0, void 0, function* () {
        this._debug(`exec tool: ${this.toolPath}`);
        this._debug("arguments:");
        for (const arg of this.args) {
          this._debug(`   ${arg}`);
        }
        const optionsNonNull = this._cloneExecOptions(this.options);
        if (!optionsNonNull.silent && optionsNonNull.outStream) {
          optionsNonNull.outStream.write(this._getCommandString(optionsNonNull) + os2.EOL);
        }
        const state = new ExecState(optionsNonNull, this.toolPath);
        state.on("debug", (message) => {
          this._debug(message);
        });
        if (this.options.cwd && !(yield exists(this.options.cwd))) {
          return reject(new Error(`The cwd: ${this.options.cwd} does not exist!`));
        }
        const fileName = this._getSpawnFileName();
        const cp2 = child.spawn(fileName, this._getSpawnArgs(optionsNonNull), this._getSpawnOptions(this.options, fileName));
        let stdbuffer = "";
        if (cp2.stdout) {
          cp2.stdout.on("data", (data) => {
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
        if (cp2.stderr) {
          cp2.stderr.on("data", (data) => {
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
        cp2.on("error", (err) => {
          state.processError = err.message;
          state.processExited = true;
          state.processClosed = true;
          state.CheckComplete();
        });
        cp2.on("exit", (code2) => {
          state.processExitCode = code2;
          state.processExited = true;
          this._debug(`Exit code ${code2} received from tool '${this.toolPath}'`);
          state.CheckComplete();
        });
        cp2.on("close", (code2) => {
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
          cp2.removeAllListeners();
          if (error3) {
            reject(error3);
          } else {
            resolve19(exitCode);
          }
        });
        if (this.options.input) {
          if (!cp2.stdin) {
            throw new Error("child process missing stdin");
          }
          cp2.stdin.end(this.options.input);
        }
      }));
    });
  }
};
function argStringToArray(argString) {
  const args = [];
  let inQuotes = false;
  let escaped3 = false;
  let arg = "";
  function append(c) {
    if (escaped3 && c !== '"') {
      arg += "\\";
    }
    arg += c;
    escaped3 = false;
  }
  for (let i = 0; i < argString.length; i++) {
    const c = argString.charAt(i);
    if (c === '"') {
      if (!escaped3) {
        inQuotes = !inQuotes;
      } else {
        append(c);
      }
      continue;
    }
    if (c === "\\" && escaped3) {
      append(c);
      continue;
    }
    if (c === "\\" && inQuotes) {
      escaped3 = true;
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
    return value instanceof P ? value : new P(function(resolve19) {
      resolve19(value);
    });
  }
  return new (P || (P = Promise))(function(resolve19, reject) {
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
      result.done ? resolve19(result.value) : adopt(result.value).then(fulfilled, rejected);
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
    var _a2, _b;
    let stdout = "";
    let stderr = "";
    const stdoutDecoder = new StringDecoder("utf8");
    const stderrDecoder = new StringDecoder("utf8");
    const originalStdoutListener = (_a2 = options === null || options === void 0 ? void 0 : options.listeners) === null || _a2 === void 0 ? void 0 : _a2.stdout;
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
import { fileURLToPath } from "node:url";
import { format } from "node:util";

// node_modules/@actions/core/lib/command.js
import * as os3 from "os";

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
  process.stdout.write(cmd.toString() + os3.EOL);
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
import * as os4 from "os";
function issueFileCommand(command, message) {
  const filePath = process.env[`GITHUB_${command}`];
  if (!filePath) {
    throw new Error(`Unable to find environment variable for file command ${command}`);
  }
  if (!fs3.existsSync(filePath)) {
    throw new Error(`Missing file at path: ${filePath}`);
  }
  fs3.appendFileSync(filePath, `${toCommandValue(message)}${os4.EOL}`, {
    encoding: "utf8"
  });
}
function prepareKeyValueMessage(key, value) {
  const delimiter5 = `ghadelimiter_${crypto.randomUUID()}`;
  const convertedValue = toCommandValue(value);
  if (key.includes(delimiter5)) {
    throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter5}"`);
  }
  if (convertedValue.includes(delimiter5)) {
    throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter5}"`);
  }
  return `${key}<<${delimiter5}${os4.EOL}${convertedValue}${os4.EOL}${delimiter5}`;
}

// node_modules/@actions/core/lib/core.js
import * as os6 from "os";

// node_modules/@actions/core/lib/summary.js
import { EOL as EOL4 } from "os";
import { constants as constants3, promises as promises2 } from "fs";
var __awaiter5 = function(thisArg, _arguments, P, generator) {
  function adopt(value) {
    return value instanceof P ? value : new P(function(resolve19) {
      resolve19(value);
    });
  }
  return new (P || (P = Promise))(function(resolve19, reject) {
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
      result.done ? resolve19(result.value) : adopt(result.value).then(fulfilled, rejected);
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
      } catch (_a2) {
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
  addRaw(text4, addEOL = false) {
    this._buffer += text4;
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
      const cells = row.map((cell2) => {
        if (typeof cell2 === "string") {
          return this.wrap("td", cell2);
        }
        const { header: header2, data, colspan, rowspan } = cell2;
        const tag = header2 ? "th" : "td";
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
    const { width: width2, height } = options || {};
    const attrs = Object.assign(Object.assign({}, width2 && { width: width2 }), height && { height });
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
  addHeading(text4, level) {
    const tag = `h${level}`;
    const allowedTag = ["h1", "h2", "h3", "h4", "h5", "h6"].includes(tag) ? tag : "h1";
    const element = this.wrap(allowedTag, text4);
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
  addQuote(text4, cite) {
    const attrs = Object.assign({}, cite && { cite });
    const element = this.wrap("blockquote", text4, attrs);
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
  addLink(text4, href) {
    const element = this.wrap("a", text4, { href });
    return this.addRaw(element).addEOL();
  }
};
var _summary = new Summary();
var summary = _summary;

// node_modules/@actions/core/lib/platform.js
import os5 from "os";
var platform2 = os5.platform();
var arch = os5.arch();

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
  process.stdout.write(os6.EOL);
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
function notice(message, properties = {}) {
  issueCommand("notice", toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
function info(message) {
  process.stdout.write(message + os6.EOL);
}
function startGroup(name) {
  issue("group", name);
}
function endGroup() {
  issue("endgroup");
}
function saveState(name, value) {
  const filePath = process.env["GITHUB_STATE"] || "";
  if (filePath) {
    return issueFileCommand("STATE", prepareKeyValueMessage(name, value));
  }
  issueCommand("save-state", { name }, toCommandValue(value));
}

// src/platform/runner.ts
var hidden = /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
var doubleColon = /^([^\x21-\x7e]*):(?=[^\x20-\x7e]*:)/;
var hashes = /#([^\x20-\x7e]*#[^\x20-\x7e]*)\[/g;
var shortEscapes = { "\n": "\\n", "\r": "\\r" };
function logLine(text4) {
  return text4.toWellFormed().replaceAll(hidden, escapeOf).replace(doubleColon, "$1\\:").replaceAll(hashes, "#$1\\[");
}
function logLines(text4) {
  return text4.trimEnd().split(/\r\n|\r|\n/).map(logLine).join("\n");
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
    const text4 = `This is a bug in go-deps-action, please report it: ${message}`;
    if (phase === "main") error2(text4);
    else warning2(text4);
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
function notice2(text4) {
  notice(logLines(text4));
}
function warning2(text4) {
  warning(logLines(text4));
}
function error2(text4, place2 = {}) {
  error(logLines(text4), {
    ...place2.title === void 0 ? {} : { title: logLine(place2.title) },
    ...place2.file === void 0 ? {} : { file: place2.file },
    ...place2.line === void 0 ? {} : { startLine: place2.line }
  });
  process.exitCode = ExitCode.Failure;
}
function group(heading3, lines2) {
  startGroup(logLine(heading3));
  for (const line of lines2) info2(line);
  endGroup();
}
function mask(secret) {
  const shown4 = secret.split(/\r\n|\r|\n/).filter((line) => logLine(line) !== line);
  for (const one of [secret, ...shown4.map(logLine)]) setSecret(one);
}
function setOutput2(name, value) {
  setOutput(name, value);
}
var LaterSteps = class {
  #variables = /* @__PURE__ */ new Map();
  #folders = [];
  /** Sets variables. The last value of a name counts. */
  set(variables) {
    for (const [name, value] of Object.entries(variables)) this.#variables.set(name, value);
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
function addProblemMatcher() {
  const place2 = import.meta.url.endsWith(".ts") ? "../problem-matcher.json" : "./problem-matcher.json";
  const file = fileURLToPath(new URL(place2, import.meta.url));
  info(`::add-matcher::${commandData(file)}`);
}
function commandData(text4) {
  return text4.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
function saveState2(name, value) {
  saveState(name, value);
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
  heading: heading3,
  lines: lines2
}) {
  if (lines2.length === 0) info2(heading3);
  else group(heading3, lines2);
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
function findProgram(name, variables, platform3 = process.platform) {
  const paths = platform3 === "win32" ? path5.win32 : path5.posix;
  const extensions = platform3 === "win32" ? extensionsOf(name, anyCaseVariable(variables, "PATHEXT")) : [""];
  const folders = anyCaseVariable(variables, "PATH").split(paths.delimiter);
  const files = isFixedPath(name, platform3) ? [name] : folders.map((folder) => platform3 === "win32" ? folder.replaceAll('"', "") : folder).filter((folder) => isFixedPath(folder, platform3)).map((folder) => paths.join(folder, name));
  return files.flatMap((file) => extensions.map((extension) => `${file}${extension}`)).find((file) => isProgram(file, platform3));
}
function windowsProgram(name, variables = processEnv()) {
  return path5.win32.join(anyCaseVariable(variables, "SYSTEMROOT") || "C:\\Windows", "System32", `${name}.exe`);
}
function extensionsOf(name, pathext) {
  const all = (pathext || ".COM;.EXE;.BAT;.CMD").split(";").filter((one) => one !== "");
  return all.some((one) => name.toUpperCase().endsWith(one.toUpperCase())) ? [""] : all;
}
function isBatchFile(program, platform3 = process.platform) {
  return platform3 === "win32" && /\.(?:bat|cmd)$/i.test(program);
}
function isProgram(file, platform3) {
  try {
    fs4.accessSync(file, platform3 === "win32" ? fs4.constants.F_OK : fs4.constants.X_OK);
    return fs4.statSync(file).isFile();
  } catch {
    return false;
  }
}
async function run(command, args, { cwd, variables }) {
  const start = performance.now();
  const isBare = path5.basename(command) === command;
  const program = findProgram(isBare ? command : path5.resolve(cwd, command), variables);
  if (program === void 0) return void 0;
  try {
    const { exitCode, stdout, stderr } = await getExecOutput(commandLine(program), [...args], {
      cwd,
      env: childEnvironment(variables),
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
      const { status: status2 } = spawnSync(windowsProgram("taskkill"), args, {
        windowsHide: true,
        timeout: taskkillTimeout
      });
      if (status2 !== 0) child3.kill("SIGKILL");
    } else {
      process.kill(-child3.pid, "SIGKILL");
    }
  } catch (error3) {
    debug2(`process ${child3.pid} had ended already, or cannot be ended: ${error3.message}`);
  }
}
var killTimeout = 3e3;
var checksPerTimeout = 5;
async function runWatched(command, args, { cwd, variables }, watch) {
  const program = findProgram(command, variables);
  if (program === void 0) return void 0;
  if (isBatchFile(program)) {
    const ran = await run(program, args, { cwd, variables });
    return ran && { ...ran, isStalled: false };
  }
  const start = performance.now();
  const child3 = spawn2(program, args, {
    cwd,
    env: childEnvironment(variables),
    stdio: ["ignore", "pipe", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true
  });
  const release2 = onExit(() => killTree(child3));
  const printed = { out: [], err: [] };
  let [lastWork, isStalled] = [performance.now(), false];
  let giveUp;
  const collect4 = (chunks) => (chunk) => {
    chunks.push(chunk);
    lastWork = performance.now();
  };
  child3.stdout.on("data", collect4(printed.out));
  child3.stderr.on("data", collect4(printed.err));
  const timer = setInterval(
    () => {
      if (watch.isWorking(child3.pid ?? 0)) lastWork = performance.now();
      if (performance.now() - lastWork < watch.seconds * 1e3) return;
      isStalled = true;
      killTree(child3);
      giveUp ??= setTimeout(() => abandon(child3), killTimeout);
    },
    watch.seconds * 1e3 / checksPerTimeout
  );
  try {
    const code2 = await new Promise((resolve19, reject) => {
      child3.once("error", reject);
      child3.once("close", (exitCode) => resolve19(exitCode ?? 1));
    });
    const [stdout, stderr] = [printed.out, printed.err].map(
      (chunks) => Buffer.concat(chunks).toString("utf8")
    );
    const seconds2 = (performance.now() - start) / 1e3;
    return { code: code2, stdout: stdout ?? "", stderr: stderr ?? "", seconds: seconds2, isStalled };
  } finally {
    clearInterval(timer);
    clearTimeout(giveUp);
    release2();
  }
}
function abandon(child3) {
  debug2(`a descendant of process ${child3.pid} could not be stopped`);
  child3.unref();
  for (const stream of [child3.stdout, child3.stderr]) stream?.destroy();
  child3.emit("close", child3.exitCode);
}

// src/platform/permissions.ts
function windowsUser(whoami, variables) {
  const sid = /\b(S-1(?:-\d+)+)"?\s*$/.exec(whoami ?? "")?.[1];
  if (sid !== void 0) return `*${sid}`;
  const [domain, name] = ["USERDOMAIN", "USERNAME"].map((one) => anyCaseVariable(variables, one));
  if (name === void 0 || name === "" || name.endsWith("$")) return void 0;
  return domain === "" ? name : `${domain}\\${name}`;
}
function restrictToUser(folder, user, icacls, canWrite) {
  if (user === void 0) return "the name of this user is unknown";
  if (!icacls([folder, "/grant:r", `${user}:(OI)(CI)F`])) return `${user} cannot be given permissions`;
  if (!icacls([folder, "/inheritance:r"])) return "inherited permissions cannot be removed";
  if (canWrite()) return void 0;
  icacls([folder, "/reset"]);
  return `${user} could no longer write there`;
}
function restrictToOwner(folder) {
  if (process.platform !== "win32") return;
  const start = (name, args) => spawnSync2(windowsProgram(name), args, { windowsHide: true, timeout: 1e4, encoding: "utf8" });
  const whoami = start("whoami", ["/user", "/fo", "csv", "/nh"]);
  const user = windowsUser(whoami.status === 0 ? whoami.stdout : void 0, processEnv());
  const icacls = (args) => start("icacls", args).status === 0;
  const fault = restrictToUser(folder, user, icacls, () => canWriteFile(path6.join(folder, "probe")));
  if (fault !== void 0) debug2(`${folder} keeps the permissions of its parent folder: ${fault}`);
}
function canWriteFile(file) {
  try {
    fs5.writeFileSync(file, "");
    fs5.rmSync(file);
    return true;
  } catch {
    return false;
  }
}
function makeTreeWritable(folder, what) {
  allow(folder, 448);
  for (const entry of fs5.readdirSync(folder, { withFileTypes: true })) {
    const inside = path6.join(folder, entry.name);
    if (entry.isDirectory()) makeTreeWritable(inside, what);
    else if (entry.isFile() && what === "everything") allow(inside, 128);
  }
}
function makeOwnedDirectory(folder) {
  try {
    fs5.mkdirSync(folder, { mode: 493 });
  } catch (error3) {
    if (error3.code !== "EEXIST") throw error3;
  }
  const stats = fs5.lstatSync(folder);
  if (!stats.isDirectory()) return false;
  return process.getuid === void 0 || stats.uid === process.getuid() && (stats.mode & 18) === 0;
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
function readBytes(file) {
  return unlessAbsent(() => fs7.readFileSync(file));
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
  const relative12 = paths.relative(folder, target);
  return relative12 !== ".." && !relative12.startsWith(`..${paths.sep}`) && !paths.isAbsolute(relative12);
}
function isWritable(directory2) {
  try {
    fs7.accessSync(directory2, fs7.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
function entriesOf(directory2) {
  const entries2 = unlessAbsent(() => fs7.readdirSync(directory2, { withFileTypes: true })) ?? [];
  return entries2.sort((a, b) => a.name < b.name ? -1 : 1);
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
function writePrivateFile(file, content) {
  fs7.writeFileSync(file, content, { mode: 384, flag: "wx" });
}
function makeReadOnly(file) {
  fs7.chmodSync(file, fs7.statSync(file).mode & 365);
}
function moveIfAbsent(from, to, move2 = renamePatiently) {
  if (lstat2(to) !== void 0) return false;
  try {
    move2(from, to);
    return true;
  } catch (error3) {
    if (lstat2(to) !== void 0) return false;
    throw error3;
  }
}
function moveTree(from, to) {
  try {
    renamePatiently(from, to);
  } catch (error3) {
    if (error3.code !== "EXDEV") throw error3;
    const staged = `${to}.moving-${process.pid}`;
    try {
      fs7.cpSync(from, staged, { recursive: true, verbatimSymlinks: true });
      renamePatiently(staged, to);
    } finally {
      removeIfPossible(staged);
    }
    removeIfPossible(from);
  }
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
function readTextUpTo(file, most2) {
  const fd = openIfReadable(file);
  if (fd === void 0) return void 0;
  try {
    const status2 = fs7.fstatSync(fd);
    if (!status2.isFile() || status2.size > most2) return void 0;
    const bytes = Buffer.alloc(status2.size);
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
function removeIfThere(file) {
  fs7.rmSync(file, { force: true });
}
function freeSpaceAt(directory2) {
  const { bavail, bsize, files, ffree } = fs7.statfsSync(directory2);
  return { bytes: bavail * bsize, files: files > 0 ? ffree : void 0 };
}
function setMtime(file, seconds2) {
  try {
    fs7.lutimesSync(file, seconds2, seconds2);
    return true;
  } catch (error3) {
    const code2 = error3.code ?? "";
    if (["ENOENT", "ENOTDIR", "EPERM", "EACCES", "EROFS"].includes(code2)) return false;
    throw error3;
  }
}

// src/gocmd/go-command.ts
import * as path9 from "node:path";

// src/gofiles/roots.ts
function sumsOf(root) {
  return [...root.modules.map((module) => module.goSum), root.goWorkSum];
}
function hasDependencies(root) {
  return root.modules.some((module) => module.goMod.require.length > 0);
}
function skipRoot({ label, found = [] }, why) {
  return { label, why, patterns: found };
}
function exclusionHint({ found }) {
  return found === void 0 ? "" : ` To exclude this module, add ${exclusion(found)} to \`modules\`.`;
}
function exclusion(patterns2) {
  return patterns2.map((pattern) => `\`!${pattern}\``).join(" and ");
}

// src/platform/activity.ts
import { spawnSync as spawnSync3 } from "node:child_process";
import * as fs8 from "node:fs";
import * as path8 from "node:path";
var ticksPerSecond = 100;
function processorSeconds(group2) {
  if (process.platform === "linux") return fromProc(group2);
  return process.platform === "win32" ? void 0 : fromPs(group2);
}
function fromProc(group2) {
  try {
    const numbers = fs8.readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return numbers.reduce((sum2, number) => sum2 + timeOf(number, group2), 0);
  } catch {
    return void 0;
  }
}
function timeOf(process2, group2) {
  try {
    const text4 = fs8.readFileSync(`/proc/${process2}/stat`, "utf8");
    const fields = text4.slice(text4.lastIndexOf(")") + 2).split(" ").map(Number);
    const [user = 0, system = 0, usersChildren = 0, systemsChildren = 0] = fields.slice(11, 15);
    return fields[2] === group2 ? (user + system + usersChildren + systemsChildren) / ticksPerSecond : 0;
  } catch {
    return 0;
  }
}
function fromPs(group2) {
  const { status: status2, stdout } = spawnSync3("/bin/ps", ["-axo", "pgid=,time="], {
    encoding: "utf8",
    timeout: 5e3
  });
  return status2 === 0 ? psSeconds(stdout, group2) : void 0;
}
function psSeconds(output, group2) {
  return output.split("\n").reduce((sum2, line) => {
    const [, number, days = "0", clock = ""] = /^\s*(\d+)\s+(?:(\d+)-)?([\d:.]+)\s*$/.exec(line) ?? [];
    if (Number(number) !== group2) return sum2;
    return sum2 + Number(days) * 86400 + clock.split(":").reduce((total3, part) => total3 * 60 + Number(part), 0);
  }, 0);
}
function sizeBelow(folder) {
  let [files, bytes] = [0, 0];
  const folders = [folder];
  for (let next = folders.pop(); next !== void 0; next = folders.pop()) {
    for (const entry of entries(next)) {
      const file = path8.join(next, entry.name);
      if (entry.isDirectory()) folders.push(file);
      else {
        files++;
        bytes += fs8.lstatSync(file, { throwIfNoEntry: false })?.size ?? 0;
      }
    }
  }
  return `${files} files, ${bytes} bytes`;
}
function entries(folder) {
  try {
    return fs8.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

// src/platform/clock.ts
function now() {
  return Date.now();
}
function elapsed() {
  const start = performance.now();
  return () => (performance.now() - start) / 1e3;
}
function pause(seconds2, signal) {
  return new Promise((resolve19) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve19();
    };
    const timer = setTimeout(end, seconds2 * 1e3);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}
function random() {
  return Math.random();
}
function startTimeline() {
  const seconds2 = elapsed();
  const spans = [];
  return {
    spans: () => [...spans].sort((a, b) => a.from - b.from),
    time: async (what, work) => {
      const from = seconds2();
      try {
        return await work();
      } finally {
        spans.push({ what, from, to: seconds2() });
      }
    }
  };
}

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
    } catch (_a2) {
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
  constructor(status2) {
    super("proxy", `the proxy answers ${status2}`);
    this.status = status2;
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
function basicAuthentication({ username, password }, header2) {
  if (username === "" && password === "") return {};
  const pair = [username, password].map(decodeURIComponent).join(":");
  return { [header2]: `Basic ${Buffer.from(pair).toString("base64")}` };
}
function httpModuleFor({ protocol }) {
  return protocol === "https:" ? https : http;
}
function openTunnel(proxy, target, signal) {
  const authority = `${target.hostname}:${target.port || (target.protocol === "https:" ? 443 : 80)}`;
  const headers = { host: authority, ...basicAuthentication(proxy, "proxy-authorization") };
  return new Promise((resolve19, reject) => {
    const connectRequest = httpModuleFor(proxy).request({
      ...requestTarget(proxy),
      method: "CONNECT",
      path: authority,
      headers,
      signal
    });
    connectRequest.on("error", reject);
    connectRequest.once("connect", ({ statusCode = 0 }, socket) => {
      if (statusCode === 200) return resolve19(socket);
      socket.destroy();
      reject(new ProxyError(statusCode));
    });
    connectRequest.end();
  });
}
function requestTarget({ hostname: hostname2, port, pathname, search }) {
  return {
    hostname: hostname2.replace(/^\[|\]$/g, ""),
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
var maxRedirects = 10;
async function followRedirects(start, wait, method = "GET") {
  let url = start;
  for (let count = 0; count <= maxRedirects; count++) {
    const headers = url.origin === start.origin ? basicAuthentication(start, "authorization") : {};
    const answer = await sendRequest(url, { method, headers, wait });
    const location = answer.headers.location;
    if (![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) || location === void 0) return answer;
    answer.destroy();
    const next = new URL(location, url);
    if (!/^https?:$/.test(next.protocol) || url.protocol === "https:" && next.protocol === "http:") {
      throw new Error(`it redirects to ${next.protocol}//${next.host}, which is not safe`);
    }
    url = next;
  }
  throw new Error(`it redirects more than ${maxRedirects} times`);
}
var bodyPart = 256 * 1024;
async function sendRequest(url, request) {
  const { method, headers, body, wait, signal, connections } = request;
  const end = new AbortController();
  const giveUp = (seconds2, what) => setTimeout(() => end.abort(new HttpTimeout(`${what} within ${seconds2} s`)), seconds2 * 1e3);
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
    return await new Promise((resolve19, reject) => {
      const length3 = body === void 0 ? {} : { "content-length": String(body.length) };
      const all = { host: url.host, "user-agent": "go-deps-action", ...route.headers, ...length3, ...headers };
      const sent = httpModuleFor(url).request({ ...route, method, headers: all, signal: end.signal }, resolve19);
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
  for (let at2 = 0; body !== void 0 && at2 < body.length; at2 += bodyPart) {
    if (!sent.write(body.subarray(at2, at2 + bodyPart)) && !sent.destroyed) await drained(sent);
    onProgress();
  }
  sent.end();
}
function drained(sent) {
  return new Promise((resolve19) => {
    const go2 = () => {
      for (const event of ["drain", "close"]) sent.off(event, go2);
      resolve19();
    };
    for (const event of ["drain", "close"]) sent.on(event, go2);
  });
}
function parseRetryAfter(header2, at2) {
  const text4 = header2?.trim() ?? "";
  if (/^\d+$/.test(text4)) return Number(text4);
  const date = /^[A-Z][a-z]+,? /.test(text4) ? Date.parse(text4) : Number.NaN;
  return Number.isNaN(date) ? void 0 : Math.max(0, Math.ceil((date - at2) / 1e3));
}
var shortTimeouts = { connection: 3, silence: 3 };
async function askRetryAfter(address2) {
  const url = URL.canParse(address2) ? new URL(address2) : void 0;
  const isLocal = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url?.hostname ?? "");
  if (url === void 0 || !(url.protocol === "https:" || url.protocol === "http:" && isLocal))
    return void 0;
  url.username = "";
  url.password = "";
  try {
    const answer = await followRedirects(url, shortTimeouts, "HEAD");
    answer.destroy();
    if (answer.statusCode !== 429 && answer.statusCode !== 503) return void 0;
    return parseRetryAfter(answer.headers["retry-after"], now());
  } catch {
    return void 0;
  }
}

// src/platform/retry.ts
var maxRetryAfter = 60;
var maxPause = 30;
function backoffSeconds(count, requested, share2) {
  const backoff = Math.min(maxPause, 2 ** (count - 1));
  return Math.max(backoff, Math.min(maxRetryAfter, requested ?? 0)) * (1 + share2 / 4);
}
async function retryWithBackoff(retries, attempt, isTransient2, retryAfterOf3) {
  for (let count = 1; ; count++) {
    const result = await attempt();
    if (count > retries || !isTransient2(result)) return result;
    const requested = await retryAfterOf3(result);
    const seconds2 = backoffSeconds(count, requested, random());
    const why = requested === void 0 ? "The network failed" : `The server requested a pause of ${requested} s`;
    info2(`${why}; retrying in ${Math.floor(seconds2)} s (${count} of ${retries}).`);
    await pause(seconds2);
  }
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
function canonicalVersion(version3) {
  const match3 = SEMVER.exec(version3);
  if (match3 === null) return void 0;
  const [, minor2, patch2, build] = match3;
  if (minor2 === void 0) return `${version3}.0.0`;
  if (patch2 === void 0) return `${version3}.0`;
  return build === void 0 || build === "+incompatible" ? version3 : version3.slice(0, -build.length);
}
function escapePath(path82) {
  if (!isModulePath(path82)) throw new ModulePathError(`malformed module path ${JSON.stringify(path82)}`);
  return escapeUpperCase(path82);
}
function escapeVersion(version3) {
  if (!isFileName(version3)) throw new ModulePathError(`malformed module version ${JSON.stringify(version3)}`);
  return escapeUpperCase(version3);
}
function unescapePath(escaped3) {
  const path82 = unescapeUpperCase(escaped3);
  if (path82 === void 0 || !isModulePath(path82)) {
    throw new ModulePathError(`malformed escaped module path ${JSON.stringify(escaped3)}`);
  }
  return path82;
}
function unescapeVersion(escaped3) {
  const version3 = unescapeUpperCase(escaped3);
  if (version3 === void 0 || !isFileName(version3)) {
    throw new ModulePathError(`malformed escaped module version ${JSON.stringify(escaped3)}`);
  }
  return version3;
}
function treeDirectory({ path: path82, version: version3 }) {
  return `${escapePath(path82)}@${escapeVersion(version3)}`;
}
function downloadPrefix({ path: path82, version: version3 }) {
  return `cache/download/${escapePath(path82)}/@v/${escapeVersion(version3)}`;
}
function splitTreeDirectory(directory2) {
  const at2 = directory2.indexOf("@");
  if (at2 < 0) return void 0;
  const path82 = unescapeUpperCase(directory2.slice(0, at2));
  const version3 = unescapeUpperCase(directory2.slice(at2 + 1));
  if (path82 === void 0 || version3 === void 0 || !isModulePath(path82) || !isFileName(version3))
    return void 0;
  return { path: path82, version: version3 };
}
function isLocalReplacement(newPath) {
  return /^(?:\.{1,2}(?:[/\\]|$)|[/\\]|[a-zA-Z]:)/.test(newPath);
}
function isImportPath(path82) {
  return !path82.startsWith("-") && path82.split("/").every((element) => isPathElement(element, /^[\w.~+-]+$/));
}
function isModulePath(path82) {
  const elements = path82.split("/");
  return /^[a-z0-9][a-z0-9-]*\.[a-z0-9.-]+$/.test(elements[0] ?? "") && elements.every((element) => !element.startsWith(".") && isPathElement(element, /^[\w.~-]+$/)) && hasMajorVersionSuffix(path82);
}
function hasMajorVersionSuffix(path82) {
  if (path82.startsWith("gopkg.in/")) return /\.v(?:0|[1-9][0-9]*(?:-unstable)?)$/.test(path82);
  const suffix = /\/v([0-9.]+)$/.exec(path82)?.[1];
  return suffix === void 0 || /^[1-9][0-9]*$/.test(suffix) && suffix !== "1";
}
function isPathElement(element, allowed3) {
  return allowed3.test(element) && !/^[^.]*~[0-9]+(?:\.|$)/.test(element) && isPortableName(element);
}
function isFileName(name) {
  return /^[a-zA-Z0-9#$%&()+,\-.=@[\]^_{}~ ]+$/.test(name) && isPortableName(name);
}
function isPortableName(name) {
  return !name.endsWith(".") && !/^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.|$)/i.test(name);
}
function escapeUpperCase(text4) {
  return text4.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}
function unescapeUpperCase(escaped3) {
  if (/[A-Z]|!(?![a-z])/.test(escaped3)) return void 0;
  return escaped3.replace(/!([a-z])/g, (_, letter) => letter.toUpperCase());
}
function moduleVersionName({ path: path82, version: version3 }) {
  return `${path82}@${version3}`;
}
function splitModuleVersion(name) {
  const at2 = name.lastIndexOf("@");
  if (at2 === -1) throw new RangeError(`"${name}" is not path@version`);
  return { path: name.slice(0, at2), version: name.slice(at2 + 1) };
}

// src/gofiles/syntax.ts
var GoFileError = class extends ActionError {
  file;
  line;
  /** `line` counts from 1. */
  constructor(file, line, problem5) {
    super("go-file", problem5);
    this.file = file;
    this.line = line;
  }
};
var TOKEN = new RegExp('([ \\t\\r]+)|\\/\\/(.*)|("(?:[^"\\\\]|\\\\.)*"|`[^`]*`|[\\(\\)\\[\\]\\{\\},]|(?!["`])(?:(?!\\/[\\/*])[[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}]--[\\(\\)\\[\\]\\{\\},]])+)', "svy");
var CONFLICT_MARKER = /^(?:<{7}|={7}|>{7}|\|{7})(?=[ \t\r]|$)/;
function refuseConflictMarker(content, file, line) {
  if (CONFLICT_MARKER.test(content)) throw new GoFileError(file, line, "unresolved merge conflict");
}
function splitFields(text4) {
  return text4.split(/[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/).filter((field2) => field2 !== "");
}
function parseDirectives(text4, file) {
  if (text4.startsWith("\uFEFF")) {
    throw new GoFileError(
      file,
      1,
      "the file starts with a byte order mark, which Go refuses: save it without one"
    );
  }
  const directives2 = [];
  let block2;
  for (const [index, content] of text4.split("\n").entries()) {
    const line = index + 1;
    refuseConflictMarker(content, file, line);
    const { tokens, comment } = scanLine(content, file, line);
    const [verb, ...args] = tokens;
    if (verb === void 0) continue;
    if (block2 !== void 0) {
      if (verb !== ")") directives2.push({ line, verb: block2.verb, args: tokens, comment, inBlock: true });
      else if (args.length > 0) throw new GoFileError(file, line, "expected a new line after ')'");
      else block2 = void 0;
      continue;
    }
    if (!/^[a-z]+$/.test(verb)) throw new GoFileError(file, line, `unknown directive: ${verb}`);
    const header2 = blockHeader(args);
    if (header2 === void 0) directives2.push({ line, verb, args, comment, inBlock: false });
    else if (header2.length > 0) {
      throw new GoFileError(file, line, `unknown block type: ${[verb, ...header2].join(" ")}`);
    } else if (args.at(-1) === "(") block2 = { verb, line };
  }
  if (block2 !== void 0)
    throw new GoFileError(file, block2.line, `the ${block2.verb} block has no closing ')'`);
  return directives2;
}
function blockHeader(args) {
  if (args.at(-1) === "(") return args.slice(0, -1);
  if (args.at(-1) === ")" && args.at(-2) === "(") return args.slice(0, -2);
  return void 0;
}
function scanLine(content, file, line) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  for (let at2 = 0; at2 < content.length; at2 = TOKEN.lastIndex) {
    const match3 = TOKEN.exec(content);
    if (match3 === null) throw new GoFileError(file, line, describeUnreadable(content.slice(at2)));
    const [, , comment, token] = match3;
    if (comment !== void 0) return { tokens, comment };
    if (token !== void 0) tokens.push(token);
  }
  return { tokens, comment: "" };
}
function describeUnreadable(rest) {
  if (rest.startsWith("/*")) return "comments must start with // (Go accepts no /* */ here)";
  if (/^["`]/.test(rest)) return "the string has no closing quote";
  const codePoint = (rest.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `unexpected character U+${codePoint}`;
}
var SIMPLE = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
  '"': 34
};
var PIECE = /\\(?:([abfnrtv\\"])|([0-3][0-7]{2})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|([^\\]+)/y;
function unquote(token) {
  if (!token.startsWith('"')) return /["'`]/.test(token) ? void 0 : token;
  const body = token.slice(1, -1);
  const bytes = [];
  PIECE.lastIndex = 0;
  for (let at2 = 0; at2 < body.length; at2 = PIECE.lastIndex) {
    const piece = encodePiece(PIECE.exec(body));
    if (piece === void 0) return void 0;
    bytes.push(piece);
  }
  return Buffer.concat(bytes).toString("utf8");
}
function encodePiece(match3) {
  if (match3 === null) return void 0;
  const [, simple, octal, hex, short, long, literal2] = match3;
  if (literal2 !== void 0) return Buffer.from(literal2, "utf8");
  if (simple !== void 0) return Uint8Array.of(SIMPLE[simple] ?? 0);
  if (octal !== void 0) return Uint8Array.of(Number.parseInt(octal, 8));
  if (hex !== void 0) return Uint8Array.of(Number.parseInt(hex, 16));
  const codePoint = Number.parseInt(short ?? long ?? "", 16);
  const valid3 = codePoint <= 1114111 && !(codePoint >= 55296 && codePoint <= 57343);
  return valid3 ? Buffer.from(String.fromCodePoint(codePoint), "utf8") : void 0;
}

// src/text/lists.ts
var maxNames = 10;
function listSome(names, count = maxNames) {
  const more = names.length - count;
  return `${names.slice(0, count).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
function firstLinesOf(lines2, count) {
  const more = lines2.length - count;
  return more > 0 ? [...lines2.slice(0, count), `and ${more} more`] : lines2;
}
function withoutComments(text4) {
  return text4.split(/\r\n|\r|\n/).filter((line) => !/^\s*#/.test(line)).join("\n");
}
function listItems(text4) {
  return text4.split(/[\r\n,]+/).map((item) => item.trim()).filter((item) => item !== "");
}
function notationFault(text4) {
  const whole = text4.trim();
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

// src/gocmd/explain/message.ts
var maxNames2 = 5;
function listDistinct(names) {
  return listSome([...new Set(names)], maxNames2);
}
var modulePath = String.raw`(?:[\w~-]+\.)+[\w~-]+(?:\/[\w.~!+-]+)*`;
var moduleVersion = new RegExp(String.raw`(?<![\w./@-])(${modulePath}@[\w.+-]+)(?=[:\s/)]|$)`);
var moduleVersions = new RegExp(String.raw`(?<![\w./@-])${modulePath}@v\d[\w.+-]*[\w]`, "g");
var moduleAlone = new RegExp(String.raw`\bmodule (${modulePath}):`);
var replaced = new RegExp(String.raw`\(replaced by (${modulePath}@[\w.+-]+)\)`);
function moduleOf(line) {
  return replaced.exec(line)?.[1] ?? moduleVersion.exec(line)?.[1] ?? moduleAlone.exec(line)?.[1];
}
function moduleNamed(name) {
  const [path82 = "", version3] = name.split("@");
  return { path: path82, ...version3 && { version: version3 } };
}
function lineAt(text4, index) {
  const start = text4.lastIndexOf("\n", index - 1) + 1;
  const end = text4.indexOf("\n", index);
  return text4.slice(start, end === -1 ? void 0 : end);
}
function matchGoFile(files, printed) {
  const name = `/${printed.replaceAll("\\", "/").replace(/^(?:\.{1,2}\/)+/, "")}`;
  const candidates = files.filter(({ file }) => name.endsWith(`/${file}`) || `/${file}`.endsWith(name));
  const longest7 = Math.max(...candidates.map(({ file }) => file.length));
  const best = name.split("/").length > 2 ? candidates.filter(({ file }) => file.length === longest7) : candidates;
  return best.length === 1 ? best[0] : void 0;
}
function inFolder(file) {
  const end = file?.file.lastIndexOf("/") ?? -1;
  return end === -1 ? "" : ` in ${file?.file.slice(0, end)}`;
}
function onlyGoMod(files) {
  const goMods = files.filter(({ file }) => /(?:^|\/)go\.mod$/.test(file));
  return goMods.length === 1 ? goMods[0] : void 0;
}
function moduleLocations(files, verb, module, text4) {
  const found = files.flatMap(
    ({ file, text: content }) => directives(content, file, [verb]).filter(([, name]) => name === module.path).map(([line, , version3]) => ({ file, line, exact: version3 === module.version }))
  );
  const best = found.find(({ exact }) => exact) ?? found[0];
  if (best !== void 0) return [{ file: best.file, line: best.line, text: text4 }];
  const replaces = replaceLines(files).find(
    ({ newPath, newVersion }) => newPath === module.path && newVersion === (module.version ?? newVersion)
  );
  if (replaces !== void 0) return [{ file: replaces.file, line: replaces.line, text: text4 }];
  return wholeFile(onlyGoMod(files), text4);
}
function replaceLines(files) {
  return files.flatMap(
    ({ file, text: text4 }) => parseOrEmpty(text4, file).flatMap(({ verb, line, args }) => {
      const words2 = args.map((one) => unquote(one) ?? "");
      const arrow = words2.indexOf("=>");
      const [path82 = "", version3 = ""] = words2.slice(0, arrow);
      const [newPath = "", newVersion = ""] = words2.slice(arrow + 1);
      const isModule = verb === "replace" && arrow > 0 && newVersion !== "";
      return isModule ? [{ file, line, path: path82, version: version3, newPath, newVersion }] : [];
    })
  );
}
function goLineLocations(files, version3, text4) {
  return files.flatMap(
    ({ file, text: content }) => directives(content, file, ["go", "toolchain"]).filter(([, argument]) => argument?.replace(/^go/, "") === version3).slice(0, 1).map(([line]) => ({ file, line, text: text4 }))
  );
}
function wholeFile(file, text4) {
  return file === void 0 ? [] : [{ file: file.file, text: text4 }];
}
function moduleOfPackage(files, name) {
  return files.flatMap(({ file, text: text4 }) => directives(text4, file, ["require"]).map(([, module]) => module ?? "")).filter((module) => name === module || name.startsWith(`${module}/`)).sort((one, other) => other.length - one.length)[0];
}
function directives(text4, file, verbs) {
  return parseOrEmpty(text4, file).filter(({ verb }) => verbs.includes(verb)).map(({ line, args: [first, second] }) => [line, first && unquote(first), second && unquote(second)]);
}
function parseOrEmpty(text4, file) {
  try {
    return parseDirectives(text4, file);
  } catch {
    return [];
  }
}
var userinfo = /(\w:\/\/)(?:[^\s/'"]*@|[^\s/:@'"[]+:(?!\d*\/)[^\s@'"]*@)/g;
function withoutUserinfo(text4) {
  return text4.replaceAll(userinfo, "$1");
}
var progress = /^go: (?:downloading \S+ \S+|finding module for package \S+|found \S+ in \S+ \S+)$/;
var maxLineLength = 4e3;
function withoutProgress(output) {
  return withoutUserinfo(output.replaceAll("\r\n", "\n")).split("\n").filter((line) => !progress.test(line)).map((line) => line.slice(0, maxLineLength)).join("\n");
}
function withoutAnswers(text4) {
  return text4.replaceAll(/\n\tserver response:.*(?:\n\t.*)*/g, "");
}
function announcedModules(output) {
  return [...output.matchAll(/^go: downloading (\S+) (v\S+)\r?$/gm)].map(
    ([, path82, version3]) => `${path82}@${version3}`
  );
}
function firstLines(output, count) {
  return withoutProgress(output).split("\n").filter((line) => line.trim() !== "").slice(0, count).join("\n");
}

// src/gocmd/explain/checksums.ts
var mismatch = /(?:([^\s@]+@[^\s@:]+): )?verifying (\S+): checksum mismatch\n\tdownloaded: (\S+)\n\t(\S+): +(\S+)/;
var explainMismatch = ({ text: text4, files, goproxy = "" }) => {
  const found = mismatch.exec(text4);
  if (found === null) return void 0;
  const [, module, verified = "", downloaded, record2 = "", recorded] = found;
  const name = module ?? verified.replace(/\/go\.mod$/, "");
  const what = verified.endsWith("go.mod") ? `The go.mod of ${name}` : name;
  const inFile = record2.endsWith(".sum");
  const source = goproxy === "" ? "" : ` It was fetched through GOPROXY=${goproxy}.`;
  return {
    title: "checksum mismatch",
    cause: `${what} does not match ${inFile ? record2 : `the checksum database ${record2}`}: downloaded ${downloaded}, recorded ${recorded}. The version was changed after it was published, or the download was tampered with.${source}`,
    fix: inFile ? `Ask the authors of ${name} why it changed. Only if the new content is right, delete its lines from ${record2} and run \`go mod tidy\`.` : `Do not use ${name}. Ask its authors why it changed, or require another version with \`go get ${moduleNamed(name).path}@latest\`. If it is private and a public module has the same path, set \`goprivate: ${moduleNamed(name).path}\`.`,
    security: true,
    places: moduleLocations(files, "require", moduleNamed(name), `${name}: checksum mismatch`)
  };
};
var securityErrors = [
  [
    // cmd/go/internal/modfetch/fetch.go, sumdbAbsent
    /^.*checksum missing from sumdb response/m,
    "the checksum database cannot be trusted",
    (module) => `The checksum database returned no checksum for ${module}.`
  ],
  [
    // golang.org/x/mod/sumdb/client.go
    /^.*(?:server misbehavior detected|misbehaving server|downloaded inconsistent tile|cannot authenticate record)/m,
    "the checksum database cannot be trusted",
    () => "The responses of the checksum database do not match its signatures."
  ],
  [/^.*SECURITY ERROR/m, "security error", () => "The download does not have the expected content."]
];
var explainSecurityError = ({ text: text4 }) => {
  for (const [pattern, title2, cause] of securityErrors) {
    const line = pattern.exec(text4)?.[0];
    if (line === void 0) continue;
    return {
      title: title2,
      cause: `${cause(moduleOf(line) ?? "a module")} Either a server is faulty, or its responses were tampered with.`,
      fix: "Do not use the download. Set GOPROXY and GOSUMDB to sources that you trust; `go env GOPROXY GOSUMDB` prints the current ones.",
      security: true,
      places: []
    };
  }
  return void 0;
};
var missingForPackage = /missing go\.sum entry (?:for module providing|needed to verify) package ([^\s;]+)(?: \(imported by [^)]+\))?/g;
var missingForModule = /([^\s@]+@[^\s@:]+): missing go\.sum entry(?: for go\.mod file)?(?:;|$)/gm;
var explainMissingSums = ({ text: text4, files }) => {
  const packages = [...text4.matchAll(missingForPackage)].map(([, name]) => name ?? "");
  const modules = [...text4.matchAll(missingForModule)].map(([, name]) => splitModuleVersion(name ?? ""));
  if (packages.length + modules.length === 0) return void 0;
  const missing2 = [
    ...packages.map((name) => `package ${name}`),
    ...modules.map(({ path: path82, version: version3 }) => `the go.mod of ${path82}@${version3}`)
  ];
  const command = packages.length > 0 ? "go mod tidy" : `go mod download ${[...new Set(modules.map(({ path: path82 }) => path82))].join(" ")}`;
  const required2 = [...new Set(packages.map((name) => moduleOfPackage(files, name) ?? ""))].filter(Boolean);
  return {
    title: "go.sum is not complete",
    cause: `go.sum has no checksums for ${listDistinct(missing2)}, and Go may not add them here.`,
    fix: `Run \`${command}\`${inFolder(onlyGoMod(files))} and commit go.sum.`,
    places: [...required2.map((path82) => ({ path: path82 })), ...modules].flatMap(
      (module) => moduleLocations(files, "require", module, `go.sum has no checksums for ${module.path}`)
    )
  };
};
var explainMalformedSum = ({ text: text4, files }) => {
  const [, file = "", line = ""] = /malformed go\.sum:\n(.+):(\d+): wrong number of fields/.exec(text4) ?? [];
  if (file === "") return void 0;
  const name = file.split(/[\\/]/).at(-1);
  const goMod = matchGoFile(files, file.replace(/go(?:\.work)?\.sum$/, "go.mod"));
  return {
    title: `${name} cannot be read`,
    cause: `Line ${line} of ${name} is not a module, a version and a checksum, possibly because of a merge.`,
    fix: `Remove the line, then run \`go mod tidy\`${inFolder(goMod)} and commit ${name}.`,
    places: (goMod === void 0 ? [] : [goMod]).map((module) => ({
      file: module.file.replace(/go\.mod$/, name ?? ""),
      line: Number(line),
      text: "not a module, a version and a checksum"
    }))
  };
};

// src/gocmd/explain/http-errors.ts
var failed = /\breading (\w+:\/\/\S+): (.*)|\b(?:Get|Head|read) "(\w+:\/\/[^"]+)": (.*)/g;
function failedRequests(text4) {
  return [...text4.matchAll(failed)].map((match3) => {
    const url = match3[1] ?? match3[3] ?? "";
    const problem5 = (match3[2] ?? match3[4] ?? "").trim();
    const status2 = match3[1] === void 0 ? void 0 : /^\d{3}(?= )/.exec(problem5)?.[0];
    return {
      role: roleOf(url),
      host: hostOf(url),
      module: moduleOf(lineAt(text4, match3.index)) ?? moduleOfPath(url),
      status: status2 === void 0 ? void 0 : Number(status2),
      problem: problem5
    };
  });
}
function roleOf(url) {
  if (/[?&]go-get=1$/.test(url)) return "module host";
  return /\/(?:lookup|tile)\/|\/latest$|\/supported$/.test(url) ? "checksum database" : "module proxy";
}
function hostOf(url) {
  const [, scheme, host = "", path82 = ""] = /^(\w+):\/\/([^/?#]*)([^?#]*)/.exec(url) ?? [];
  return scheme === "file" ? path82.replace(/\/[^/@]+\.[^/@]+(?:\/[^/]+)*\/@(?:v|latest)\b.*$/, "") : host;
}
function moduleOfPath(url) {
  return /^https?:\/\/([^?]+)\?go-get=1$/.exec(url)?.[1];
}
var explainRequest = (printed) => {
  const requests = failedRequests(printed.text);
  const [first] = requests;
  if (first === void 0) return void 0;
  const sameFailure = requests.filter((one) => one.host === first.host && one.status === first.status);
  const modules = [...new Set(sameFailure.flatMap(({ module }) => module ?? []))];
  const { title: title2, predicate, problem: problem5, fix: fix2 } = explainResponse(first, modules[0]) ?? explainNoResponse(first);
  const requested = modules.length === 0 ? "" : ` when Go requested ${listDistinct(modules)}`;
  return {
    title: title2,
    cause: `The ${first.role} ${first.host} ${predicate}${requested}${problem5 && `: ${problem5}`}.${nextSource(first, printed.goproxy)}`,
    fix: fix2,
    places: modules.flatMap(
      (name) => moduleLocations(printed.files, "require", moduleNamed(name), `${name}: ${title2}`)
    )
  };
};
var missingFile = /no such file or directory|cannot find the (?:file|path)/;
function explainResponse({ role, host, status: status2, problem: problem5 }, module) {
  const path82 = module === void 0 ? "MODULE" : moduleNamed(module).path;
  const response = { predicate: `answered ${problem5}`, problem: "" };
  if (missingFile.test(problem5)) {
    return { ...notFound(role, host, path82), predicate: "has no file", problem: "" };
  }
  if (status2 === void 0 || status2 === 407) return void 0;
  if (isNotFound(status2)) return { ...notFound(role, host, path82), ...response };
  if (status2 === 401 || status2 === 403) {
    const rule = status2 === 403 && role === "module proxy" ? " If a rule of the proxy forbids it, ask its operator." : "";
    return {
      title: `the ${role} refuses access`,
      ...response,
      fix: `Add credentials with read access to ${path82} to the input \`credentials\`: \`${host} user \${{ secrets.PASSWORD }}\`, or \`${host} bearer:\${{ secrets.TOKEN }}\`.${rule}`
    };
  }
  if (status2 === 429 || status2 >= 500)
    return { title: `the ${role} fails`, ...response, fix: rerunOrOtherProxy };
  return {
    title: `the ${role} answers with an error`,
    ...response,
    fix: `Check the output of ${effectiveSources}.`
  };
}
function isNotFound(status2) {
  return status2 === 404 || status2 === 410;
}
function notFound(role, host, path82) {
  switch (role) {
    case "module proxy":
      return {
        title: "module or version not found",
        fix: `Check path and version: \`go list -m -versions ${path82}\` lists the available versions. If the module is private, set \`goprivate: ${path82}\` and add its host to \`credentials\`, or set \`goproxy\` to a proxy that serves it.`
      };
    case "checksum database":
      return {
        title: "module unknown to the checksum database",
        fix: `If the module is private, set \`gonosumdb: ${path82}\`, or \`goprivate: ${path82}\` if no proxy has it either. Otherwise check its path and version.`
      };
    case "module host":
      return {
        title: "unknown module path",
        fix: `Check the path ${path82}. If the module is private, add ${host} to \`credentials\`, or set \`goproxy\` to a proxy that serves it.`
      };
  }
}
var effectiveSources = "`go env GOPROXY GOSUMDB`";
var rerunOrOtherProxy = "Run the job again. If the error persists, set `goproxy` to another proxy.";
var trusted = "Set the input `ca-certificate` to its certificate authority. For Go on macOS and Windows, add it to the system’s store.";
var forwardProxy = "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY: requests go through the proxy that they name.";
var connectionFailures = [
  [
    /^proxyconnect |Proxy Authentication Required/,
    "the forward proxy does not let requests through",
    "cannot be reached through the forward proxy",
    forwardProxy
  ],
  [
    /x509:|certificate/,
    "certificate not trusted",
    "presents a certificate that this machine does not trust",
    trusted
  ],
  [
    /server gave HTTP response to HTTPS client/,
    "the server does not support TLS",
    "does not support TLS",
    "Write http:// for this server, such as in `goproxy`, or enable TLS on it."
  ],
  [
    /no such host|name resolution|server misbehaving/i,
    "host name not found",
    "has a host name that does not resolve",
    `Check the host name in the output of ${effectiveSources}. ${forwardProxy}`
  ],
  [
    /connection refused|actively refused/,
    "connection refused",
    "refused the connection",
    `Check that the server runs, and check host and port in the output of ${effectiveSources}.`
  ],
  [
    /timeout|Timeout|deadline exceeded|timed out|did not properly respond/,
    "no answer in time",
    "did not answer in time",
    `Run the job again. ${forwardProxy}`
  ],
  [
    /EOF|connection reset|forcibly closed|broken pipe|stream error|GOAWAY/,
    "connection lost",
    "dropped the connection",
    rerunOrOtherProxy
  ],
  [
    /network is unreachable|no route to host|unreachable (?:network|host)/,
    "no network",
    "cannot be reached from this machine",
    `Give the job network access, or set \`goproxy\` to a reachable source. ${forwardProxy}`
  ]
];
function explainNoResponse({ problem: problem5 }) {
  const [, title2, predicate, fix2] = connectionFailures.find(([pattern]) => pattern.test(problem5)) ?? [
    void 0,
    "a download failed",
    "gave no usable answer",
    "Run the job again. If the error persists, check the output of `go mod download -x`."
  ];
  return { title: title2, predicate, problem: problem5, fix: fix2 };
}
function nextSource({ role, host, status: status2, problem: problem5 }, goproxy) {
  const continues = isNotFound(status2) || missingFile.test(problem5);
  if (role !== "module proxy" || goproxy === void 0 || continues) return "";
  const start = goproxy.indexOf(host);
  const separator2 = start === -1 ? void 0 : /[,|]/.exec(goproxy.slice(start + host.length))?.[0];
  return separator2 === "," ? " Go did not try the next source in GOPROXY, because a comma precedes it. After a |, Go tries it on any error." : "";
}
var explainProxyOff = ({ text: text4, announced }) => {
  const lines2 = [...text4.matchAll(/module lookup disabled by GOPROXY=off/g)].map(
    ({ index }) => lineAt(text4, index)
  );
  if (lines2.length === 0) return void 0;
  const namedModules = lines2.flatMap((line) => moduleOf(line) ?? []);
  const modules = namedModules.length === 0 ? announced : namedModules;
  return {
    title: "downloads are switched off",
    cause: `GOPROXY=off forbids downloads, and the module cache does not contain ${modules.length === 0 ? "a required module" : listDistinct(modules)}.`,
    fix: "Set `goproxy` to a source of modules, or run `go mod download` beforehand.",
    places: []
  };
};
var explainInsecureCredentials = ({ text: text4 }) => {
  const host = /refusing to pass credentials to insecure URL: \w+:\/\/([^/\s]+)/.exec(text4)?.[1];
  if (host === void 0) return void 0;
  return {
    title: "credentials need https",
    cause: `GOPROXY has a user and password for ${host}, but Go does not send them over http.`,
    fix: `Write https:// for ${host} in \`goproxy\`, or remove the user and password.`,
    places: []
  };
};
function stalledText(seconds2) {
  return `go-deps-action: stopped go, because it was inactive for ${seconds2} s`;
}
var explainStalled = ({ text: text4, announced, goproxy }) => {
  const seconds2 = /^go-deps-action: stopped go, because it was inactive for ([\d.]+) s$/m.exec(text4)?.[1];
  if (seconds2 === void 0) return void 0;
  const modules = announced.length === 0 ? "" : ` while it downloaded ${listDistinct(announced)}`;
  const sources = goproxy === void 0 || goproxy === "" ? "the sources that `go env GOPROXY` shows" : goproxy;
  return {
    title: "the module proxy hangs",
    cause: `Go received nothing for ${seconds2} s${modules} from ${sources}.`,
    fix: "Run the job again. If the error persists, find the silent server with `go mod download -x`, and set `goproxy` to another one.",
    places: []
  };
};

// src/gocmd/explain/git.ts
var changedHostKey = "the host key has changed";
var laterSteps = "If later steps run go commands, also set `export-credentials: true`.";
var address = (module) => `\`${moduleNamed(module).path}\``;
var addKey = (module) => `Set the input \`ssh-private-key\` to a key with read access: one line with the address, such as ${address(module)}, and the key below it. ${laterSteps}`;
var addHostKey = (host) => {
  const [, name = host, port] = /^\[(.*)\]:(\d+)$/.exec(host) ?? [];
  const scan = port === void 0 ? name : `-p ${port} ${name}`;
  return `Add the host key to the input \`ssh-known-hosts\`. \`ssh-keyscan ${scan}\` prints it; compare its fingerprint with the one that the operator of the server publishes. ${laterSteps}`;
};
var unknownHostKey = "the host key is not known";
var unreachable = "git cannot reach the server";
var checkConnection = (module, host) => `Run the job again. If the error persists, check that this machine can reach ${host} by ssh. For another host or port, add it after the address in \`ssh-private-key\`: \`${moduleNamed(module).path} ssh://git@HOST:PORT\`.`;
var sshMessages = [
  [
    /cannot run (?:\S*\/)?ssh:|\bssh: (?:command )?not found/,
    "ssh is not installed",
    (module) => `git needs ssh to fetch ${module}, but ssh is not on PATH.`,
    () => "Install OpenSSH’s client before this step."
  ],
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED[\s\S]*Host key for (\S+) has changed/,
    changedHostKey,
    (module, host) => `${host} presents a host key that differs from the known one, so git sent nothing to it for ${module}. The key was replaced, or the connection is intercepted.`,
    () => "Compare the fingerprint below with the one that the operator of the server publishes. Only if they match, replace the old line in the input `ssh-known-hosts`, or in the file that ssh names."
  ],
  [
    /host key is known for (\S+) and you have requested strict checking/,
    unknownHostKey,
    (module, host) => `The host key of ${host} is not known, so git sent nothing to it for ${module}.`,
    (_, host) => addHostKey(host)
  ],
  [
    /Host key verification failed/,
    unknownHostKey,
    (module) => `ssh does not accept the host key of the server of ${module}.`,
    () => addHostKey("HOST")
  ],
  [
    /([^\s@]+): Permission denied \([^)]*publickey/,
    "git is refused access by ssh",
    (module, host) => `${host} accepts none of the keys that ssh offered for ${module}.`,
    addKey
  ],
  [
    // The messages of GitHub and of GitLab.
    /ERROR: (?:Repository not found|The project you were looking for could not be found)/,
    "repository not found",
    (module) => `No repository exists for ${module}, or the ssh key of this job has no access to it.`,
    (module) => `Check the path ${moduleNamed(module).path}. A deploy key is valid for one repository only: add one key for each to the input \`ssh-private-key\`, below a line such as ${address(module)}.`
  ],
  [
    /ssh: (?:connect to host|Could not resolve hostname) ([^\s:]+)/,
    unreachable,
    (module, host) => `git could not read ${module} from ${host} by ssh.`,
    checkConnection
  ],
  [
    /kex_exchange_identification: |Connection (?:closed|reset) by (\S+)/,
    unreachable,
    (module, host) => `${host || "The server"} dropped the connection while git was reading ${module}.`,
    () => "Run the job again. If the error persists, ask the operator of the server."
  ]
];
var otherSshMessage = [
  /Could not read from remote repository/,
  "git cannot read the repository by ssh",
  (module) => `ssh could not open the repository of ${module}; see its output below.`,
  addKey
];
var addToken = (_, host) => `Add a token with read access to the input \`credentials\`: \`${host} \${{ secrets.TOKEN }}\`. ${laterSteps}`;
var git = [
  [
    /could not read (?:Username|Password) for '\w+:\/\/([^'/]+)[^']*': (?:terminal prompts disabled|No such device)/,
    "git has no credentials",
    (module, host) => `${host} requires a user and password to read ${module}, and git has none.`,
    addToken
  ],
  [
    /Authentication failed for '\w+:\/\/([^'/]+)/,
    "git has wrong credentials",
    (module, host) => `${host} does not accept the credentials that git sent to read ${module}.`,
    addToken
  ],
  [
    /unable to access '\w+:\/\/([^'/]+)[^']*': The requested URL returned error: 40[13]/,
    "git is refused access",
    (module, host) => `${host} refuses access to the repository of ${module}.`,
    addToken
  ],
  ...sshMessages,
  [
    /repository '(?:\w+:\/\/)?([^'/]+)[^']*' not found|unable to access '\w+:\/\/([^'/]+)[^']*': The requested URL returned error: 4(?:04|10)|does not appear to be a git repository|Repository not found/i,
    "repository not found",
    (module) => `No repository exists for ${module}, or the credentials of git have no access to it.`,
    (module, host) => `Check the path ${moduleNamed(module).path}. If its repository is private, add a token with read access to the input \`credentials\`: \`${host || "HOST"} \${{ secrets.TOKEN }}\`.`
  ],
  [
    // Messages of OpenSSL, GnuTLS, Secure Transport and Schannel, from libcurl
    /unable to access '\w+:\/\/([^'/]+)[^']*': .*(?:certificate|SEC_E_UNTRUSTED_ROOT|CERT_TRUST)/i,
    "certificate not trusted",
    (module, host) => `git could not read ${module}: ${host} presents a certificate that git does not trust on this machine.`,
    () => trusted
  ],
  [
    /unable to access '\w+:\/\/[^']*': .*(?:from proxy after CONNECT|CONNECT tunnel failed)/,
    "the forward proxy does not let requests through",
    (module) => `git could not read ${module}: the forward proxy did not open a connection to its server.`,
    () => "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY: requests go through the proxy that they name."
  ],
  [
    /unable to access '\w+:\/\/([^'/]+)[^']*': (.*)/,
    "git cannot reach the server",
    (module, host) => `git could not read ${module} from ${host}.`,
    (_, host) => `Run the job again. If the error persists, check that this machine can reach ${host}.`
  ],
  otherSshMessage
];
var explainGit = ({ text: text4, files }) => {
  if (!/\bgit [^\n]+: exit status \d+:/.test(text4)) return void 0;
  for (const [pattern, title2, cause, fix2] of git) {
    const match3 = pattern.exec(text4);
    if (match3 === null) continue;
    const line = lineAt(text4, text4.search(/\bgit [^\n]+: exit status/));
    const explanation = explain(line, files, [title2, cause, fix2], match3[1] ?? match3[2] ?? "");
    return title2 === changedHostKey ? { ...explanation, security: true } : explanation;
  }
  return void 0;
};
var go = [
  [
    // cmd/go/internal/vcs/vcs.go up to Go 1.24, os/exec, and codehost/git.go since
    /missing Git command|"git": executable file not found/,
    "git is not installed",
    (module) => `Go needs git to fetch ${module}, but git is not on PATH.`,
    () => "Install git before this step, or set `goproxy` to a proxy that has the module."
  ],
  [
    // cmd/go/internal/vcs/vcs.go, checkGOVCS
    /GOVCS disallows using (\S+) for \w+ \S+?;/,
    "GOVCS forbids the version control system",
    (module, tool) => `${module} must be fetched with ${tool}, which GOVCS does not allow for it.`,
    (module, tool) => `Set \`govcs: ${moduleNamed(module).path}:${tool}\`, or \`goproxy\` to a proxy that has the module.`
  ],
  [
    // codehost.UnknownRevisionError
    /unknown revision (\S+)/,
    "version not found",
    (module, revision) => `The repository of ${module} has no tag, branch or commit ${revision}.`,
    (module) => `Require an existing version: run \`go get ${moduleNamed(module).path}@latest\`.`
  ],
  [
    // cmd/go/internal/vcs/vcs.go, RepoRootForImportPath
    /unrecognized import path "[^"]+": (.*)/,
    "unknown module path",
    (module, problem5) => `No server names the repository of ${module} (${problem5}).`,
    (module) => `Check the path ${moduleNamed(module).path}. If the module is private, add its host to \`credentials\`, or set \`goproxy\` to a proxy that serves it.`
  ],
  [
    // cmd/go/internal/vcs/vcs.go, resolution of paths such as example.com/module.git
    /(no (?:secure )?protocol found for repository)/,
    "repository not found",
    (module) => `git finds no repository for ${module}, or has no access to it.`,
    (module) => `Check the path ${moduleNamed(module).path}. If its repository is private, add a token with read access to the input \`credentials\`.`
  ],
  [
    // golang.org/x/mod/module, InvalidVersionError
    /invalid (?:pseudo-)?version: (.*)/,
    "invalid version",
    (module, problem5) => `The version of ${module} is invalid: ${problem5}.`,
    (module, problem5) => {
      const { path: path82, version: version3 = "latest" } = moduleNamed(module);
      const right = /module path must match major version \("([^"]+)"\)/.exec(problem5)?.[1];
      return right === void 0 ? `Require a valid version: run \`go get ${path82}@latest\`.` : `Run \`go get ${right}@${version3}\` and import that path, or require an older version of ${path82}.`;
    }
  ]
];
var explainVersionControl = ({ text: text4, files }) => {
  for (const [pattern, ...words2] of go) {
    const match3 = pattern.exec(text4);
    if (match3 !== null) return explain(lineAt(text4, match3.index), files, words2, match3[1] ?? "");
  }
  return void 0;
};
function explain(line, files, [title2, cause, fix2], detail) {
  const module = moduleOf(line);
  const name = module ?? "the module";
  return {
    title: title2,
    cause: cause(name, detail),
    fix: fix2(name, detail),
    places: module === void 0 ? [] : moduleLocations(files, "require", moduleNamed(name), `${name}: ${title2}`)
  };
}

// src/gocmd/explain/go-files.ts
var since = {
  toolchain: "1.21",
  godebug: "1.23",
  tool: "1.24",
  ignore: "1.25"
};
var explainUnreadable = ({ text: text4, files }) => {
  const block2 = /(?:errors parsing (\S+):\n|reading go\.work: )((?:.+:\d+(?::\d+)?: .*(?:\n|$))+)/.exec(text4);
  if (block2 === null) return void 0;
  const lines2 = [...(block2[2] ?? "").matchAll(/^(.+?):(\d+)(?::\d+)?: (.*)$/gm)].map(
    ([, file = "", line, problem5 = ""]) => ({ file, line: Number(line), problem: problem5 })
  );
  const [first] = lines2;
  if (first === void 0) return void 0;
  const name = first.file.split(/[\\/]/).at(-1) ?? "";
  const newest = lines2.map(({ problem: problem5 }) => since[/^unknown directive: (\S+)$/.exec(problem5)?.[1] ?? ""] ?? "").sort().at(-1);
  return {
    title: `${name} cannot be read`,
    cause: `Go does not understand ${lines2.length === 1 ? "this line" : "these lines"}: ${listDistinct(
      lines2.map(({ line, problem: problem5 }) => `${name}:${line}: ${problem5}`)
    )}.`,
    fix: newest ? `Use Go ${newest} or newer, or remove the directives that this Go does not know.` : fixOf(first.problem, name, first.line),
    places: lines2.flatMap(({ file, line, problem: problem5 }) => {
      const known = matchGoFile(files, file);
      return known === void 0 ? [] : [{ file: known.file, line, text: problem5 }];
    })
  };
};
function fixOf(problem5, name, line) {
  if (/^invalid go version/.test(problem5)) {
    const command = name === "go.work" ? "go work edit" : "go mod edit";
    return `Write the version as 1.23 or 1.23.0, such as with \`${command} -go=1.23\`.`;
  }
  return `Correct line ${line} of ${name}; see https://go.dev/ref/mod#go-mod-file.`;
}
var explainNoModuleLine = ({ text: text4, files }) => {
  const printed = /error reading (\S+): missing module declaration/.exec(text4)?.[1];
  if (printed === void 0) return void 0;
  const file = matchGoFile(files, printed);
  return {
    title: "go.mod has no module line",
    cause: `${file?.file ?? "go.mod"} does not name its module.`,
    fix: `Run \`go mod edit -module=PATH\`${inFolder(file)}, where PATH is the import path of the module.`,
    places: wholeFile(file, "no module line")
  };
};
var explainUpdatesNeeded = ({ text: text4, files }) => {
  const stale2 = /updates to (go\.mod|go\.sum) needed/.exec(text4)?.[1];
  if (stale2 === void 0) return void 0;
  const file = onlyGoMod(files);
  return {
    title: `${stale2} needs an update`,
    cause: stale2 === "go.mod" ? "go.mod does not list the versions that its dependencies require, and Go may not change it here." : "go.sum has no checksums for some modules, and Go may not add them here.",
    fix: `Run \`go mod tidy\`${inFolder(file)} and commit go.mod and go.sum.`,
    places: wholeFile(file, `${stale2} needs an update`)
  };
};
var explainNotRequired = ({ text: text4, files }) => {
  const packages = [...text4.matchAll(/no required module provides package ([^\s;]+)/g)].map(
    ([, name]) => name ?? ""
  );
  if (packages.length === 0) return void 0;
  const file = onlyGoMod(files);
  return {
    title: "a requirement is missing in go.mod",
    cause: `No module that go.mod requires provides ${listDistinct(packages)}.`,
    fix: `Run \`go get ${[...new Set(packages)].join(" ")}\`${inFolder(file)} and commit go.mod and go.sum.`,
    places: wholeFile(file, `no requirement for ${listDistinct(packages)}`)
  };
};
var missingReplacement = /replacement directory (.+) does not exist|\(replaced by (.+?)\): reading .+: open .+: (?:no such file|The system cannot find)/g;
var explainAbsentReplacement = ({ text: text4, files }) => {
  const missing2 = [...text4.matchAll(missingReplacement)].map((match3) => ({
    directory: match3[1] ?? match3[2] ?? "",
    module: moduleNamed(moduleOf(lineAt(text4, match3.index)) ?? "").path
  }));
  if (missing2.length === 0) return void 0;
  const replacements = missing2.map(
    ({ directory: directory2, module }) => module ? `${directory2} (for ${module})` : directory2
  );
  return {
    title: "a replacement directory does not exist",
    cause: `A replace line names a directory that does not exist or contains no module: ${listDistinct(replacements)}.`,
    fix: `Check out the directory, or remove the line with \`go mod edit -dropreplace=${missing2[0]?.module ?? "MODULE"}\`${inFolder(onlyGoMod(files))}.`,
    places: missing2.flatMap(
      ({ directory: directory2, module }) => module ? moduleLocations(files, "replace", { path: module }, `${directory2} does not exist`) : []
    )
  };
};
var explainOutsideWorkspace = ({ text: text4, files }) => {
  const [, known, directory2 = known] = /contained in a module that is not one of the workspace modules listed in go\.work\..*\n\tgo work use (\S+)|directory prefix (\S+) does not contain modules listed in go\.work/.exec(
    text4
  ) ?? [];
  if (directory2 === void 0) return void 0;
  const what = directory2 === "." ? "The current directory" : `The directory ${directory2}`;
  return {
    title: "a module is not in the workspace",
    cause: `${what} is not in a module that go.work uses, but go.work applies to it.`,
    fix: `Run \`go work use ${directory2}\` and commit go.work, or set GOWORK=off.`,
    places: wholeFile(
      files.find(({ file }) => /(?:^|\/)go\.work$/.test(file)),
      `${directory2} is not used here`
    )
  };
};
var explainStaleWorkspace = ({ text: text4, files }) => {
  const unreadable4 = /cannot load module (\S+) listed in go\.work file: (?:open (.+): )?(.*)/.exec(text4);
  const workFile = files.find(({ file }) => /(?:^|\/)go\.work$/.test(file));
  if (unreadable4 !== null) {
    const [, module2 = "", , problem5] = unreadable4;
    return {
      title: "go.work uses a missing module",
      cause: `The module ${module2} that go.work uses cannot be read: ${problem5}.`,
      fix: `Check out the module, or run \`go work edit -dropuse=${module2}\` and commit go.work.`,
      places: wholeFile(workFile, `${module2}: ${problem5}`)
    };
  }
  const older = /module (\S+) listed in go\.work file requires go >= (\S+), but go\.work (?:lists|implicitly requires) go (\S+?);/.exec(
    text4
  );
  if (older === null) return void 0;
  const [, module = "", required2 = "", listed3 = ""] = older;
  return {
    title: "go.work names an older Go than its modules",
    cause: `The module ${module} requires Go ${required2}, but go.work lists Go ${listed3}.`,
    fix: "Run `go work use` and commit go.work.",
    places: wholeFile(workFile, `${module} requires Go ${required2}`)
  };
};
var refused = [
  // cmd/go/internal/modcmd/vendor.go, since Go 1.22
  [
    /'go mod vendor' cannot be run in workspace mode/,
    "A go.work applies here, and a workspace has one vendor directory for all its modules.",
    "Run `go work vendor`, or set GOWORK=off to run `go mod vendor` for one module."
  ],
  // cmd/go/internal/modload/init.go
  [
    /-modfile cannot be used in workspace mode/,
    "A go.work applies here, and -modfile names a go.mod for one module only.",
    "Remove -modfile from the command and from GOFLAGS, or set GOWORK=off."
  ],
  [
    /-mod may only be set to readonly (?:or vendor )?when in workspace mode, but it is set to/,
    "A go.work applies here, and Go does not change the go.mod files of a workspace while it builds.",
    "Remove -mod from the command and from GOFLAGS, or set GOWORK=off."
  ]
];
var explainRefusedInWorkspace = ({ text: text4 }) => {
  const [, cause, fix2] = refused.find(([pattern]) => pattern.test(text4)) ?? [];
  if (cause !== void 0 && fix2 !== void 0) {
    return { title: "not possible in a workspace", cause, fix: fix2, places: [] };
  }
  if (!/^go work: unknown command$/m.test(text4)) return void 0;
  return {
    title: "this Go does not know the command",
    cause: "`go work vendor` requires Go 1.22.",
    fix: "Use Go 1.22 or newer.",
    places: []
  };
};

// src/gocmd/explain/machine.ts
var explainGoflags = ({ text: text4 }) => {
  const [, word3, unknown, problem5] = /parsing \$GOFLAGS: (?:non-flag (".*")|unknown flag (\S+)|(.+))/.exec(text4) ?? [];
  const quoting = `quotes around a whole flag that has blanks, as in GOFLAGS="'-ldflags=-s -w'"`;
  const explain2 = (cause, fix2) => ({
    title: "GOFLAGS cannot be read",
    cause,
    fix: fix2,
    places: []
  });
  if (word3 !== void 0) {
    return explain2(
      `GOFLAGS has ${word3}, which does not begin with a dash.`,
      `Write each flag as -flag or -flag=value, and ${quoting}.`
    );
  }
  if (unknown !== void 0) {
    return explain2(
      `GOFLAGS has ${unknown}, which is not a flag of any go command.`,
      `Remove ${unknown} from GOFLAGS. If it belongs to another flag, write ${quoting}.`
    );
  }
  if (problem5 === void 0) return void 0;
  return explain2(`GOFLAGS cannot be split into flags: ${problem5}.`, `Write ${quoting}.`);
};
var refusal = /\b(open|mkdir|rename|link|symlink|unlink|unlinkat|remove|chmod|write|truncate|OpenFile|CreateFile) (.+?): (?:(permission denied|operation not permitted|Access is denied)|(read-only file system|The media is write protected)|(no space left on device|disk quota exceeded|There is not enough space on the disk))/;
var explainDisk = ({ text: text4 }) => {
  const [, notDirectory] = /could not create module cache: "(.+)" is not a directory/.exec(text4) ?? [];
  if (notDirectory !== void 0) {
    return {
      title: "GOMODCACHE is not a directory",
      cause: `The module cache cannot be at ${notDirectory}, which is a file.`,
      fix: "Remove the file, or set GOMODCACHE to a directory.",
      places: []
    };
  }
  const [, call, file, denied, readOnly, full] = refusal.exec(text4) ?? [];
  if (file === void 0) return void 0;
  const what = kindOf(file, text4);
  if (denied !== void 0 && call === "open" && what === unknownFile) return void 0;
  if (full !== void 0) {
    return {
      title: "the disk is full",
      cause: `The disk has no space for ${what} (${file}: ${full}).`,
      fix: "Free space before this step, or set GOMODCACHE and GOCACHE to directories on a larger disk; `df -h` shows the free space.",
      places: []
    };
  }
  if (readOnly !== void 0) {
    return {
      title: "the file system is read-only",
      cause: `Go must write ${what}, but cannot (${file}: ${readOnly}).`,
      fix: `Mount the file system for writing, or ${useWritable(what)}.`,
      places: []
    };
  }
  return {
    title: "no permission to write",
    cause: `Go must write ${what}, but the user of this job may not (${file}: ${denied}).`,
    fix: `Give the user of the job write access${chown(file)}, or ${useWritable(what)}.`,
    places: []
  };
};
var unknownFile = "a file";
function kindOf(file, text4) {
  const name = file.replaceAll("\\", "/");
  if (/\/vendor(?:\/|$)/.test(name)) return "the vendor directory";
  if (/\/go\.(?:work\.)?(?:sum|mod|work)$/.test(name)) return name.slice(name.lastIndexOf("/") + 1);
  if (/module cache|writing (?:go\.mod|stat) cache|\/cache\/download\/|\/pkg\/mod(?:\/|$)/.test(
    `${text4} ${name}`
  ))
    return "the module cache";
  return unknownFile;
}
function chown(file) {
  const folder = /^((?:\/[^/\s]+){2,})\/[^/\s]+$/.exec(file)?.[1];
  return folder === void 0 ? "" : ` with \`sudo chown -R "$(id -u)" ${folder}\``;
}
function useWritable(what) {
  if (what === "the module cache") return "set GOMODCACHE to a writable directory";
  if (what === unknownFile) return "set GOMODCACHE, GOCACHE and GOTMPDIR to writable directories";
  return `run Go where ${what} is writable`;
}

// src/gocmd/explain/toolchain.ts
var explainTooOld = ({ text: text4, files }) => {
  const groups = /^(?:go: |.*?: )??(?<what>\S+(?: in \S+)?) requires go >= (?<wanted>\S+) \(running go (?<running>[^\s;)]+)(?:; GOTOOLCHAIN=(?<setting>[^;)]+))?/m.exec(
    text4
  )?.groups;
  if (groups === void 0) return void 0;
  const { what = "", wanted = "", running = "", setting: setting2 } = groups;
  const module = moduleOf(`${what} `) ?? /^(\S+) in vendor\/modules\.txt$/.exec(what)?.[1];
  const path82 = module === void 0 ? void 0 : moduleNamed(module).path;
  const noSwitch = setting2 === void 0 ? "" : `, and GOTOOLCHAIN=${setting2} does not let it fetch another`;
  const message = `requires Go ${wanted}, but Go ${running} runs`;
  const file = matchGoFile(files, what);
  return {
    title: "this Go is too old",
    cause: `${what} requires Go ${wanted} or newer; this is Go ${running}${noSwitch}.`,
    fix: `Use Go ${wanted} or newer, or set \`gotoolchain: auto\` so that Go fetches it${path82 === void 0 ? "" : `, or require an older version with \`go get ${path82}@VERSION\``}.`,
    places: path82 === void 0 ? goLineLocations(file === void 0 ? [] : [file], wanted, message) : moduleLocations(files, "require", { path: path82 }, `${path82}: ${message}`)
  };
};
var explainToolchain = (printed) => {
  const { text: text4, files } = printed;
  const [, wanted = "", platform3, problem5] = /download go(\S+?)(?: for (\S+?))?: (toolchain not available|.+)/.exec(text4) ?? [];
  const explain2 = (title2, cause, fix2) => ({
    title: title2,
    cause,
    fix: fix2,
    places: goLineLocations(files, wanted, `Go ${wanted} is required here`)
  });
  const install3 = `Use Go ${wanted} or newer in the job`;
  if (/verifying module: checksum database disabled by GOSUMDB=off/.test(problem5 ?? "")) {
    return explain2(
      "GOSUMDB=off forbids toolchains",
      `Go needs Go ${wanted}, but accepts no toolchain without the checksum database.`,
      `${install3}, or unset GOSUMDB and list private modules in \`goprivate\` or \`gonosumdb\`.`
    );
  }
  if (problem5 === "toolchain not available") {
    return explain2(
      "toolchain not available",
      `Go needs Go ${wanted} for ${platform3}, but no source in GOPROXY has it.`,
      `${install3}, or set \`goproxy\` to a source that has toolchains. Check that this version of Go exists.`
    );
  }
  if (problem5 !== void 0) return failedToolchain(printed, wanted, problem5, explain2);
  const [, missing2] = /cannot find "go(\S+)" in PATH/.exec(text4) ?? [];
  if (missing2 !== void 0) {
    return {
      title: "toolchain not on PATH",
      cause: `Go needs Go ${missing2}, but GOTOOLCHAIN limits it to PATH, which has no go${missing2}.`,
      fix: `Use Go ${missing2} or newer in the job, or set \`gotoolchain: auto\` so that Go fetches it.`,
      places: goLineLocations(files, missing2, `Go ${missing2} is required here`)
    };
  }
  return void 0;
};
function failedToolchain(printed, wanted, problem5, explain2) {
  const request = explainRequest(printed);
  const cause = `Go could not fetch Go ${wanted}. ${request?.cause ?? problem5}`;
  const fix2 = `Use Go ${wanted} or newer in the job, or fix the download. ${request?.fix ?? ""}`.trim();
  return explain2("toolchain cannot be downloaded", cause, fix2);
}
var explainToolchainName = ({ text: text4 }) => {
  const [, value] = /invalid GOTOOLCHAIN "([^"]*)"/.exec(text4) ?? [];
  if (value !== void 0) {
    return {
      title: "GOTOOLCHAIN cannot be read",
      cause: `GOTOOLCHAIN is "${value}", which is not a toolchain.`,
      fix: "Set GOTOOLCHAIN to local, auto, path or a version such as go1.25.0, or unset it.",
      places: []
    };
  }
  const [, language] = /invalid toolchain: go(\S+) is a language version but not a toolchain version/.exec(text4) ?? [];
  if (language === void 0) return void 0;
  return {
    title: "no toolchain has this version",
    cause: `go${language} is a version of the language; toolchain versions have three numbers, such as go${language}.0.`,
    fix: `Run \`go get go@${language}.0\`, or write go${language}.0 in GOTOOLCHAIN.`,
    places: []
  };
};

// src/gocmd/explain/vendor.ts
var reasons = [
  [/^is explicitly required in .+, but not marked as explicit in /, "only-required"],
  [/^is explicitly required in .+, but .+ indicates (?:\S+@)?(\S+)$/, "other-version"],
  [/^is marked as explicit in .+, but not explicitly required in /, "only-vendored"],
  [/^is replaced in .+, but not marked as replaced in /, "only-replaced"],
  [/^is replaced by .+ in .+, but marked as replaced by (.+) in /, "replaced-otherwise"],
  [/^is marked as replaced in .+, but not replaced in /, "only-vendored-replacement"],
  [/^is marked as replaced by (.+) in .+, but replaced by /, "replaced-otherwise"]
];
var heading = /inconsistent vendoring in (.+):\n((?:\t.+(?:\n|$))*)/;
function vendorDrift(output) {
  const drifts = /* @__PURE__ */ new Map();
  for (const line of (heading.exec(withoutProgress(output))?.[2] ?? "").split("\n")) {
    const {
      module,
      version: version3,
      detail = ""
    } = /^\t(?<module>[^\s@]+?)(?:@(?<version>\S+))?: (?<detail>.+)$/.exec(line)?.groups ?? {};
    if (module === void 0) continue;
    for (const [pattern, reason3] of reasons) {
      const match3 = pattern.exec(detail);
      if (match3 === null) continue;
      const vendored = match3[1];
      const key = `${module} ${version3 ?? ""} ${reason3}`;
      drifts.set(key, { module, version: version3, reason: reason3, ...vendored === void 0 ? {} : { vendored } });
      break;
    }
  }
  return [...drifts.values()];
}
function explainVendorDrift({ text: text4, files }) {
  const directory2 = heading.exec(text4)?.[1];
  if (directory2 === void 0) return void 0;
  const workspace = /\tgo work vendor$/m.test(text4);
  const [file, command] = workspace ? ["go.work", "go work vendor"] : ["go.mod", "go mod vendor"];
  const differences2 = describe(vendorDrift(text4));
  const where = inFolder(matchGoFile(files, `${directory2}/${file}`));
  const source = workspace ? "the workspace" : "go.mod";
  const list6 = listDistinct(differences2.map(({ name, difference: difference2 }) => `${name} (${difference2})`));
  return {
    title: `vendor does not agree with ${source}`,
    cause: `vendor/modules.txt and ${source} differ${list6 && ` in ${list6}`}.`,
    fix: `Run \`${command}\`${where} and commit the vendor directory.`,
    places: differences2.flatMap(
      ({ module, version: version3, verb, name, difference: difference2 }) => moduleLocations(files, verb, { path: module, ...version3 && { version: version3 } }, `${name}: ${difference2}`)
    )
  };
}
function describe(drifts) {
  const stale2 = (module) => drifts.find((drift) => drift.module === module && drift.reason === "only-vendored");
  const updated = new Set(
    drifts.filter(({ reason: reason3 }) => reason3 === "only-required").flatMap(({ module }) => stale2(module) ?? [])
  );
  return drifts.filter((drift) => !updated.has(drift)).map(({ module, version: version3, reason: reason3, vendored }) => ({
    module,
    version: version3,
    verb: /replace/.test(reason3) ? "replace" : "require",
    name: version3 === void 0 ? module : `${module}@${version3}`,
    difference: describeReason(reason3, reason3 === "only-required" ? stale2(module)?.version : vendored)
  }));
}
function describeReason(reason3, vendored) {
  switch (reason3) {
    case "only-required":
      return vendored === void 0 ? "only go.mod requires it" : `vendor has ${vendored}`;
    case "other-version":
      return `vendor has ${vendored}`;
    case "only-vendored":
      return "only vendor/modules.txt requires it";
    case "only-replaced":
      return "vendor/modules.txt does not replace it";
    case "replaced-otherwise":
      return `vendor has the replacement ${vendored}`;
    case "only-vendored-replacement":
      return "only vendor/modules.txt replaces it";
  }
}
var explainVendorOfOtherKind = ({ text: text4 }) => {
  if (/\(Outside workspace mode, but vendor directory is for a workspace\.\)/.test(text4)) {
    return {
      title: "vendor was made for a workspace",
      cause: "`go work vendor` wrote vendor/modules.txt, but no workspace is in use here, so Go ignores the vendor directory.",
      fix: "Run `go mod vendor` and commit the vendor directory, or run Go in the workspace, without GOWORK=off.",
      places: []
    };
  }
  if (/\(In workspace mode, but vendor directory is not for a workspace\.?\)/.test(text4)) {
    return {
      title: "vendor was not made for the workspace",
      cause: "`go mod vendor` wrote the vendor directory next to go.work, so Go ignores it in the workspace.",
      fix: "Run `go work vendor` and commit the vendor directory, or remove it.",
      places: []
    };
  }
  return void 0;
};
var explainNotVendored = ({ text: text4 }) => {
  const packages = [
    ...text4.matchAll(
      /cannot find module providing package ([^\s:]+): import lookup disabled by -mod=vendor/g
    )
  ].map(([, name]) => name ?? "");
  if (packages.length === 0) return void 0;
  return {
    title: "a package is missing in vendor",
    cause: `Go reads packages only from vendor, but vendor/modules.txt does not list ${listDistinct(packages)}.`,
    fix: "Run `go mod tidy` and `go mod vendor` (in a workspace `go work vendor`), and commit go.mod, go.sum and the vendor directory.",
    places: []
  };
};

// src/gocmd/explain/explain.ts
var explainers = [
  [explainMismatch, "any"],
  [explainSecurityError, "any"],
  [explainGoflags, "any"],
  [explainStalled, "any"],
  [explainToolchain, "any"],
  [explainToolchainName, "any"],
  [explainTooOld, "files"],
  [explainUnreadable, "files"],
  [explainNoModuleLine, "files"],
  [explainMalformedSum, "files"],
  [explainStaleWorkspace, "files"],
  [explainOutsideWorkspace, "files"],
  [explainRefusedInWorkspace, "any"],
  [explainVendorOfOtherKind, "files"],
  [explainVendorDrift, "files"],
  [explainNotVendored, "files"],
  [explainAbsentReplacement, "files"],
  [explainDisk, "any"],
  [explainProxyOff, "any"],
  [explainInsecureCredentials, "any"],
  [explainGit, "any"],
  [explainRequest, "any"],
  [explainVersionControl, "any"],
  [explainMissingSums, "files"],
  [explainUpdatesNeeded, "files"],
  [explainNotRequired, "files"]
];
function explainGo(output, context = {}) {
  const printed = {
    text: withoutAnswers(withoutProgress(output)),
    announced: announcedModules(output),
    files: context.modules ?? [],
    goproxy: context.goproxy === void 0 ? void 0 : withoutUserinfo(context.goproxy)
  };
  for (const [explain2] of explainers) {
    const explanation = explain2(printed);
    if (explanation !== void 0) return withReplaced(explanation, printed.files);
  }
  return void 0;
}
function isCausedByFiles(output) {
  const printed = {
    text: withoutAnswers(withoutProgress(output)),
    announced: [],
    files: [],
    goproxy: void 0
  };
  const [first, cause] = explainers.find(([explain2]) => explain2(printed) !== void 0) ?? [];
  if (first === explainToolchain)
    return /toolchain not available|cannot find "go\S+" in PATH/.test(printed.text);
  return cause === "files";
}
function withReplaced(explanation, files) {
  const namedModules = [...explanation.cause.matchAll(moduleVersions)].map(([name]) => moduleNamed(name));
  const sentences = replaceLines(files).filter(
    ({ path: path82, version: version3, newPath, newVersion }) => namedModules.some(
      (one) => one.path === newPath && one.version === newVersion || one.path === path82 && (version3 === "" || one.version === version3)
    )
  ).map(
    ({ path: path82, newPath, newVersion }) => `A replace line substitutes ${newPath}@${newVersion} for ${path82}.`
  );
  return { ...explanation, cause: [explanation.cause, ...new Set(sentences.slice(0, 3))].join(" ") };
}

// src/gosettings/goproxy.ts
function readGoproxy(text4) {
  const { sources, separators } = splitSources(text4);
  const shown4 = splitSources(redactedGoproxy(text4)).sources;
  if (sources.length === 0) return text4.trim() === "" ? { value: "" } : { fault: "it holds only separators" };
  if (sources.length !== shown4.length) {
    const index = sources.findIndex((source, at2) => redactedGoproxy(source) !== shown4[at2]);
    return {
      fault: `element ${index + 1} ("${shown4[index] ?? ""}") holds a separator before its \`@\`: each address needs its own \`https://\`, and in a user name or password a comma is written as %2C, a bar as %7C`
    };
  }
  for (const [index, source] of sources.entries()) {
    const fault = sourceFault(source, shown4[index] ?? "", index === sources.length - 1);
    if (fault !== void 0) return { fault: `element ${index + 1} ("${shown4[index]}") ${fault}` };
    if (separators[index]?.includes(",") && separators[index].includes("|")) {
      return { fault: `both \`,\` and \`|\` follow element ${index + 1} ("${shown4[index]}"): use one` };
    }
  }
  const ends = separators.map((separator2) => separator2.includes("|") ? "|" : ",");
  const value = sources.map((source, index) => {
    const end = index < sources.length - 1 ? ends[index] : "";
    return source.replace(/^[a-z]+(?=:\/\/)/i, (scheme) => scheme.toLowerCase()) + end;
  });
  return { value: value.join("") };
}
function redactedGoproxy(text4) {
  return splitAddresses(text4).map(({ scheme, path: path82, secret, rest }) => {
    const hidden2 = secret === void 0 ? "" : "***";
    return scheme + path82 + hidden2 + rest.replaceAll(/([?#])[^\s,|;]*/g, "$1***");
  }).join("");
}
function goproxyLogins(text4) {
  return splitAddresses(text4).flatMap(({ secret }) => {
    if (secret === void 0) return [];
    const colon = secret.indexOf(":");
    return [{ user: secret.slice(0, Math.max(0, colon)), password: secret.slice(colon + 1) }];
  });
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
function splitSources(text4) {
  const parts = text4.replace(/^[\s,|]+|[\s,|]+$/g, "").split(SEPARATORS);
  return {
    sources: parts.filter((part, index) => index % 2 === 0 && part !== ""),
    separators: parts.filter((_, index) => index % 2 === 1)
  };
}
function sourceFault(source, shown4, isLast) {
  const word3 = source.toLowerCase();
  if (word3 === "off" || word3 === "direct") {
    if (source !== word3) return `must be written "${word3}"`;
    return isLast ? void 0 : "must come last: Go ignores the sources after it";
  }
  for (const [sign, name] of [
    [/\s/, "a blank"],
    [/;/, "`;`"]
  ]) {
    if (sign.test(shown4)) return `holds ${name}: sources are separated by \`,\` or \`|\``;
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
  const at2 = rest.lastIndexOf("@");
  if (at2 === -1) return void 0;
  const user = rest.slice(0, at2);
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
function hasBadEscape(text4) {
  return /%(?![0-9a-f]{2})/i.test(text4);
}
function splitAddresses(text4) {
  return text4.split(/(?<=^|[\s,|;])(?=(?:https?|file):\/\/)/i).map((piece) => {
    const [, scheme = "", path82 = "", tail = ""] = /^((?:(?:https?|file):\/\/)?)((?<=file:\/\/)\/[^\s,|;]*)?(.*)$/isu.exec(piece) ?? [];
    const at2 = tail.lastIndexOf("@");
    if (at2 !== -1) return { scheme, path: path82, secret: tail.slice(0, at2), rest: tail.slice(at2) };
    const user = scheme === "" ? null : /^([^\s,|;:/?#[]*:)(?!\d*(?:[\s,|;/?#]|$))([^\s,|;]*)/.exec(tail);
    if (user === null) return { scheme, path: path82, secret: void 0, rest: tail };
    const [all, name = "", secret] = user;
    return { scheme: scheme + name, path: path82, secret, rest: tail.slice(all.length) };
  });
}
function usesOnlyFolders(text4) {
  const sources = text4.split(/[,|]/).map((source) => source.trim());
  return sources.some((source) => source.startsWith("file:")) && sources.every((source) => /^(?:file:.*|off|)$/.test(source));
}

// src/gosettings/module-patterns.ts
function readModulePatterns(text4) {
  const patterns2 = splitPatterns(text4);
  if (patterns2.length === 0 && text4.trim() !== "") return { fault: "it holds only separators" };
  for (const [index, pattern] of patterns2.entries()) {
    const fault = pattern === "none" ? noneFault(patterns2) : patternFault(pattern) ?? starsFault(pattern);
    if (fault !== void 0) return { fault: `element ${index + 1} ("${redactedGoproxy(pattern)}") ${fault}` };
  }
  return { value: joinPatterns(patterns2) };
}
function patternListFault(value) {
  const patterns2 = value.split(",");
  for (const [index, pattern] of patterns2.entries()) {
    if (pattern === "" || pattern === "none") continue;
    const fault = pattern === pattern.trim() ? patternFault(pattern) : "has a blank around it, which Go reads as part of it";
    if (fault !== void 0) return `element ${index + 1} ("${redactedGoproxy(pattern)}") ${fault}`;
  }
  return void 0;
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
function splitPatterns(text4) {
  return text4.split(/[,\r\n]/).map((pattern) => pattern.trim()).filter((pattern) => pattern !== "");
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
function matchesModulePatterns(patterns2, modulePath2) {
  const elements = modulePath2.split("/");
  return patterns2.split(",").some((text4) => {
    const pattern = text4.replace(/\/$/, "");
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
  const ranges = [...body.matchAll(new RegExp(range, "gsu"))].map(([text4]) => {
    const [low = 0, high = low] = [...text4.matchAll(/\\(.)|([^\\-])/gsu)].map(
      ([, escaped3, plain]) => (escaped3 ?? plain)?.codePointAt(0) ?? 0
    );
    return low > high ? "" : `\\u{${low.toString(16)}}-\\u{${high.toString(16)}}`;
  });
  return `[${isNegated ? "^" : ""}${ranges.join("")}]`;
}
function literal(character) {
  return character.replace(/[.*+?^${}()|[\]\\/]/u, "\\$&");
}

// src/gocmd/explain/patterns.ts
var transient = [
  /: (429|5\d\d) [A-Z]/,
  /returned error: (429|5\d\d)\b/,
  /i\/o timeout|TLS handshake timeout|Client\.Timeout exceeded|deadline exceeded|timed out/,
  /connection reset by peer|connection refused|unexpected EOF|broken pipe|GOAWAY|RPC failed/,
  /forcibly closed by the remote host|actively refused it|did not properly respond/,
  /ssh: connect to host |kex_exchange_identification: |Connection (?:closed|reset) by /,
  /: EOF$|stream error: .*(INTERNAL_ERROR|REFUSED_STREAM)/m,
  /temporary failure in name resolution|server misbehaving/i
];
var permanent = [/checksum mismatch|SECURITY ERROR/, /: (400|401|403|404|410) [A-Z]/];
function isTransient(output) {
  return transient.some((pattern) => pattern.test(output)) && !permanent.some((pattern) => pattern.test(output));
}
var unauthorized = /terminal prompts disabled|could not read (?:Username|Password) for|Authentication failed for|returned error: 40[13]\b|: 40[13] [A-Z]|Permission denied \(/;
var notFound2 = /returned error: 4(?:04|10)\b|: 4(?:04|10) [A-Z]|repository '[^']*' not found|Repository not found|does not appear to be a git repository/;
function mayNeedCredentials(output, patterns2) {
  if (unauthorized.test(output)) return true;
  if (!notFound2.test(output)) return false;
  const modulePaths = [...output.matchAll(moduleVersions)].map(([name]) => moduleNamed(name).path);
  return patterns2 === "" || modulePaths.some((name) => matchesModulePatterns(patterns2, name));
}
function lacksSum(output) {
  return /missing go\.sum entry/.test(output);
}
function lacksInfo(output) {
  return /reading file:\S+\.info: |\.info: (?:404|410) |module lookup disabled by GOPROXY=off/.test(output);
}
function lacksVersion(output) {
  return /: (?:404|410) |reading file:.+: (?:no such file|The system cannot find)|unknown revision|invalid version|lookup disabled by GOPROXY=off/.test(
    output
  );
}
function lacksFile(output) {
  return /: (?:404|410) |no such file or directory|cannot find the (?:file|path)/.test(output) && !isTransient(output);
}
function lacksModule(reason3) {
  return /module lookup disabled by GOPROXY=off|GOVCS disallows using|: reading file:|^reading file:|dial tcp|no such host/.test(
    reason3
  );
}
function hasOnlyTests(output) {
  return /: no non-test Go files in /.test(output);
}
function busyAddress(output) {
  return /\breading (https?:\/\/\S+): (?:429|503) [A-Z]/.exec(output)?.[1];
}

// src/gocmd/go-command.ts
var minimumShare = 0.01;
function goActivity(gomodcache) {
  const seconds2 = elapsed();
  let [previous, previousCpu, previousSizes] = [0, 0, ""];
  return (group2) => {
    const [now2, cpu] = [seconds2(), processorSeconds(group2)];
    const isBusy = cpu !== void 0 && cpu - previousCpu > (now2 - previous) * minimumShare;
    previous = now2;
    previousCpu = cpu ?? 0;
    if (isBusy) return true;
    const sizes = ["download", "vcs"].map((name) => sizeBelow(path9.join(gomodcache, "cache", name))).join();
    const hasGrown = sizes !== previousSizes;
    previousSizes = sizes;
    return hasGrown;
  };
}
async function retryAfterOf(output) {
  const address2 = busyAddress(withoutAnswers(output.replaceAll("\r\n", "\n")));
  return address2 === void 0 ? void 0 : askRetryAfter(address2);
}
var defaultStallLimit = platform() === "win32" ? 900 : 300;
function stallLimit(env) {
  const requested = Number(env.variable("GO_DEPS_STALL_SECONDS"));
  return Number.isFinite(requested) && requested > 0 ? requested : defaultStallLimit;
}
async function runGo(args, options) {
  const ran = await runGoIfFound(args, options);
  if (ran === void 0) throw new Error(`\`${options.program ?? "go"}\` is no longer on PATH`);
  return ran;
}
async function runGoIfFound(args, options) {
  const { program = "go", prefix: prefix3 = [], retries = 0, isWatched = true, cwd, env, set = {} } = options;
  const [command = program, ...rest] = [...prefix3, program, ...args];
  const effective = env.with(set);
  const attempt = async () => {
    const runOptions = { cwd, variables: effective.variables };
    const ran2 = isWatched ? await watched(command, rest, options) : await run(command, rest, runOptions);
    if (ran2 !== void 0)
      debug2(`${[command, ...rest].join(" ")}: exit code ${ran2.code} after ${ran2.seconds.toFixed(2)} s`);
    return ran2;
  };
  const ran = await retryWithBackoff(
    retries,
    attempt,
    (result) => result !== void 0 && result.code !== 0 && isTransient(result.stderr),
    async (result) => result === void 0 ? void 0 : retryAfterOf(result.stderr)
  );
  return ran === void 0 ? void 0 : { ...ran, goproxy: effective.setting("GOPROXY") };
}
async function watched(command, args, { cwd, env, set = {} }) {
  const { variables } = env.with(set);
  let isWorking = () => {
    isWorking = () => true;
    const local = env.with({ ...set, GOTOOLCHAIN: "local" }).variables;
    void run("go", ["env", "GOMODCACHE"], { cwd, variables: local }).then((result) => {
      isWorking = goActivity(result?.stdout.trim() ?? "");
    });
    return true;
  };
  const seconds2 = stallLimit(env);
  const watch = { seconds: seconds2, isWorking: (group2) => isWorking(group2) };
  const ran = await runWatched(command, args, { cwd, variables }, watch);
  if (ran?.isStalled !== true) return ran;
  return { ...ran, code: ran.code || 1, stderr: `${ran.stderr.trimEnd()}
${stalledText(seconds2)}
` };
}
var maxOutputLines = 6;
var GoCommandError = class extends ActionError {
  /** What the go command printed. */
  output;
  /** The cause and the fix; undefined if they are unknown. */
  explanation;
  /** The message without the hint about how to exclude the root. */
  reason;
  /**
   * @param what what failed, as a clause
   * @param root the root in which it failed
   * @param ran `stderr`: what the go command printed; `goproxy`: its GOPROXY
   */
  constructor(what, root, { stderr: output, goproxy }) {
    const modules = root.modules.map(({ goModFile }) => ({
      file: path9.posix.join(root.label, path9.relative(root.directory, goModFile).replaceAll(path9.sep, "/")),
      text: readText(goModFile) ?? ""
    }));
    const explanation = explainGo(output, { modules, goproxy });
    const where = root.label === "." ? "" : ` in ${root.label}`;
    const reason3 = explanation === void 0 ? firstLines(output, maxOutputLines) : `${explanation.cause} ${explanation.fix}`;
    const message = `${what}${where}: ${reason3}`;
    super("go-command", `${message}${exclusionHint(root)}`);
    this.reason = message;
    this.output = output;
    this.explanation = explanation;
  }
};

// src/gocmd/go-env.ts
function valuesOf(changes) {
  return Object.fromEntries(changes.map(({ name, value }) => [name, value]));
}
var GoEnv = class _GoEnv {
  /** The variables that a command gets. */
  variables;
  #userFile;
  /**
   * @param variables environment variables
   * @param userFile the settings of the user's go env file
   */
  constructor(variables, userFile = /* @__PURE__ */ new Map()) {
    this.variables = variables;
    this.#userFile = userFile;
  }
  /** Reads the user's go env file, which the variables determine. */
  static read(variables) {
    const file = goEnvFile(variables, platform());
    return new _GoEnv(variables, parseGoEnvFile(file === void 0 ? "" : readText(file) ?? ""));
  }
  /** Returns the value of an environment variable; empty when it is not set. */
  variable(name) {
    return this.variables[name] ?? "";
  }
  /**
   * Looks up a setting as the go command does: the environment, then the user's file (cmd/go/internal/cfg/cfg.go,
   * Getenv). Defaults in GOROOT do not count, because Go may not be installed yet. Empty when it is not set.
   */
  setting = (name) => this.variable(name) || (this.#userFile.get(name) ?? "");
  /** Returns an environment with variables added or replaced; undefined removes one. */
  with(changes) {
    return new _GoEnv(withVariables(this.variables, changes), this.#userFile);
  }
  /** Returns an environment with a folder in front of PATH. */
  withPath(folder) {
    return new _GoEnv(withPath(this.variables, folder), this.#userFile);
  }
};
function goEnvFile(environment, platform3) {
  const configured = environment.GOENV ?? "";
  if (configured !== "") return configured === "off" ? void 0 : configured;
  const separator2 = platform3 === "win32" ? "\\" : "/";
  const below = (directory2, ...names) => directory2 === void 0 || directory2 === "" ? void 0 : [directory2, ...names].join(separator2);
  if (platform3 === "win32") return below(anyCaseVariable(environment, "APPDATA"), "go", "env");
  if (platform3 === "darwin") return below(environment.HOME, "Library", "Application Support", "go", "env");
  return below(environment.XDG_CONFIG_HOME, "go", "env") ?? below(environment.HOME, ".config", "go", "env");
}
function parseGoEnvFile(text4) {
  const lines2 = text4.split(/\r?\n/).map((line) => /^([A-Z][^=]*)=(.*)$/.exec(line));
  return new Map(lines2.flatMap((match3) => match3 === null ? [] : [[match3[1] ?? "", match3[2] ?? ""]]));
}

// src/gocmd/detect-go.ts
var buildVariables = [
  "GOOS",
  "GOARCH",
  "GO386",
  "GOAMD64",
  "GOARM",
  "GOARM64",
  "GOMIPS",
  "GOMIPS64",
  "GOPPC64",
  "GORISCV64",
  "GOWASM",
  "GOEXPERIMENT",
  "GOFIPS140",
  "GOFLAGS",
  "GCCGO",
  "CGO_ENABLED",
  "CC",
  "CXX",
  "FC",
  "AR"
];
var installationVariables = [
  "GOVERSION",
  "GOROOT",
  "GOHOSTOS",
  "GOHOSTARCH",
  "GOPATH",
  "GO111MODULE",
  "GOPROXY",
  "GOSUMDB",
  "GONOSUMDB",
  "GOMODCACHE",
  "GOCACHE",
  "GOCACHEPROG"
];
var compilerVariables = [
  "CGO_CFLAGS",
  "CGO_CPPFLAGS",
  "CGO_CXXFLAGS",
  "CGO_FFLAGS",
  "CGO_LDFLAGS",
  "PKG_CONFIG"
];
var localToolchain = { GOTOOLCHAIN: "local" };
var goNotFound = {
  what: "`go` is not on PATH",
  allowed: "",
  fix: "Set the input `go-version` or `go-version-file`, or use an image that has Go."
};
async function detectGo(directory2, goEnv) {
  const ran = await runGoIfFound(["env", "-json", ...installationVariables, ...buildVariables], {
    cwd: directory2,
    env: goEnv,
    set: localToolchain
  });
  if (ran === void 0) return goNotFound;
  if (ran.code !== 0) {
    return {
      what: `\`go env\` fails: ${ran.stderr.trim()}`,
      allowed: "",
      fix: "Fix the Go installation, or the GO* variable that the message names."
    };
  }
  const compilerFlags = compilerVariables.map((name) => [name, goEnv.variable(name)]);
  const printed = JSON.parse(ran.stdout);
  const directories = ["GOMODCACHE", "GOCACHE"].map((name) => [name, cacheDirectory(printed[name] ?? "")]);
  const env = {
    ...printed,
    ...Object.fromEntries(directories),
    ...Object.fromEntries(compilerFlags)
  };
  const compiler = env.CGO_ENABLED === "1" ? await compilerVersion(env.CC ?? "", directory2, goEnv) : "";
  return { env, compiler, toolchainSetting: toolchainSetting(env, goEnv) };
}
function cacheDirectory(directory2) {
  if (!path10.isAbsolute(directory2)) return "";
  if (lstat2(directory2) !== void 0) return directory2;
  let parent = path10.dirname(directory2);
  while (lstat2(parent) === void 0 && parent !== path10.dirname(parent)) parent = path10.dirname(parent);
  return isDirectory2(parent) && isWritable(parent) ? directory2 : "";
}
function toolchainSetting(env, goEnv) {
  const configured = goEnv.setting("GOTOOLCHAIN");
  if (configured !== "") return configured;
  const defaults2 = readText(path10.join(env.GOROOT ?? "", "go.env")) ?? "";
  return parseGoEnvFile(defaults2).get("GOTOOLCHAIN") || "auto";
}
async function compilerVersion(command, directory2, { variables }) {
  const program = command.trim().split(/\s+/)[0] ?? "";
  if (program === "") return "";
  const ran = await run(program, ["--version"], { cwd: directory2, variables });
  return ran?.code === 0 ? ran.stdout.split(/\r?\n/)[0] ?? "" : "";
}
async function detectGoproxy(directory2, env) {
  const ran = await runGoIfFound(["env", "GOPROXY"], { cwd: directory2, env, set: localToolchain });
  return ran?.code === 0 ? ran.stdout.trim() : "";
}
async function detectChecksumDatabase(directory2, gosumdb, env) {
  const [first, address2] = fieldsOf(gosumdb);
  if (first?.includes("+") || first === "off") return { key: first, hasAddress: address2 !== void 0 };
  const set = { ...localToolchain, GOENV: "off", GOSUMDB: "" };
  const ran = await runGoIfFound(["env", "GOSUMDB"], { cwd: directory2, env, set });
  const [defaultName, defaultAddress] = ran?.code === 0 ? fieldsOf(ran.stdout) : [];
  if (defaultName === void 0) return void 0;
  if (first === void 0) return { key: defaultName, hasAddress: defaultAddress !== void 0 };
  if (defaultName.includes("+") || defaultName === "off") return { key: first, hasAddress: true };
  return { key: defaultName, hasAddress: address2 !== void 0 || first !== defaultName };
}
function fieldsOf(gosumdb) {
  return gosumdb.split(/\s+/).filter(Boolean);
}

// src/gocmd/list-output.ts
var listTemplate = "{{if not .Main}}{{if .Version}}{{.Path}}@{{.Version}}{{with .Replace}}	{{.Path}}@{{.Version}}{{else}}	{{.Path}}@{{.Version}}{{end}}	{{.Dir}}{{end}}{{end}}";
function parseBuildList(output) {
  return output.split(/\r?\n/).flatMap((line) => {
    const [name, fetched, directory2] = line.split("	");
    if (name === void 0 || fetched === void 0 || fetched.endsWith("@")) return [];
    return [{ name, fetched, present: (directory2 ?? "") !== "" }];
  });
}
function modulesToDownload(listed3, needs) {
  return listed3.filter((module) => !module.present && needs.hashed.has(module.fetched)).filter((module) => needs.required?.has(splitModuleVersion(module.name).path) ?? true).map((module) => module.name);
}
function inBatches(args, maxLength = 24e3) {
  const batches = [];
  let size = 0;
  for (const arg of args) {
    const last = batches.at(-1);
    if (last === void 0 || size + arg.length + 1 > maxLength) {
      batches.push([arg]);
      size = arg.length;
    } else {
      last.push(arg);
      size += arg.length + 1;
    }
  }
  return batches;
}
var loadFields = "ImportPath,Error";
function parseFailedLoads(output) {
  const objects = JSON.parse(`[${output.trim().replaceAll(/^\}\s*^\{/gm, "},{")}]`);
  return objects.flatMap(({ ImportPath: importPath = "", Error: error3 }) => {
    if (error3 === void 0) return [];
    const stack = (error3.ImportStack ?? []).filter((one) => one !== importPath);
    return [{ importPath, importedBy: stack.at(-1), reason: error3.Err ?? "" }];
  });
}
function unmatchedPatterns(stderr) {
  return [...stderr.matchAll(/^go: warning: ("(?:[^"\\]|\\.)*") matched no packages$/gm)].map(
    ([, quoted = '""']) => (
      // Go's quoting differs from JSON only for characters that a pattern cannot hold, such as control characters.
      String(JSON.parse(quoted))
    )
  );
}

// src/text/closest-word.ts
function closestWord(text4, words2) {
  const written = normalized(text4);
  if (written === "" || written.length > 40) return void 0;
  const distances = words2.map((word3) => ({ word: word3, distance: typingErrors(written, normalized(word3)) }));
  const [closest] = distances.sort((a, b) => a.distance - b.distance);
  if (closest === void 0) return void 0;
  return closest.distance <= Math.max(1, Math.floor(normalized(closest.word).length / 3)) ? closest.word : void 0;
}
function normalized(text4) {
  return text4.toLowerCase().replaceAll(/[\s_-]/g, "");
}
function typingErrors(a, b) {
  let [beforeLast, last] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const wrong = a[i - 1] === b[j - 1] ? 0 : 1;
      const [above = 0, left = 0, diagonal = 0] = [last[j], row[j - 1], last[j - 1]];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (beforeLast[j - 2] ?? 0) + 1 : Infinity;
      row.push(Math.min(above + 1, left + 1, diagonal + wrong, swapped));
    }
    ;
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}

// src/gosettings/flag-values.ts
function splitQuoted(list6) {
  const element = /[ \t\r\n]*(?:'([^']*)'|"([^"]*)"|([^'" \t\r\n][^ \t\r\n]*))/y;
  const elements = [];
  while (/[^ \t\r\n]/.test(list6.slice(element.lastIndex))) {
    const match3 = element.exec(list6);
    if (match3 === null) return void 0;
    elements.push(match3[1] ?? match3[2] ?? match3[3] ?? "");
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
var newestKnownMinor = 26;
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
  const allowed3 = allowedValues[name];
  if (allowed3 !== void 0) {
    if (value !== void 0 && (allowed3.includes(value) || !isLast && lastValueOnly.includes(name)))
      return void 0;
    return choiceFault(name, value, allowed3);
  }
  if (value === void 0) return `needs a value, as in -${name}=…`;
  if (name === "p") return isLast || !isInteger(value) ? countFault(value) : void 0;
  if (/^(?:asm|gc|gccgo|ld)flags$/.test(name)) return patternFlagsFault(name, value);
  const isSplit = name === "toolexec" || name === "tags" && /[ ']/.test(value);
  return isSplit && splitQuoted(value) === void 0 ? "has an unclosed quote in its value" : void 0;
}
function unknownFlagFault(name, goVersion) {
  const minor2 = Number(parseGoVersion(goVersion)?.minor ?? Infinity);
  if (oldFlags.includes(name) || minor2 > newestKnownMinor) return void 0;
  if (newerFlags.includes(name)) return minor2 > 21 ? void 0 : `is a flag that ${goVersion} does not know`;
  const closest = closestWord(name, [...booleanFlags, ...valueFlags]);
  return `is not a flag of any go command${closest === void 0 ? "" : `: did you mean \`-${closest}\`?`}`;
}
function sanitizersOn(flags) {
  return ["race", "msan", "asan"].filter((name) => {
    const last = flags.findLast((flag2) => flag2.name === name);
    return last !== void 0 && /^(?:1|t|T|true|True|TRUE)$/.test(last.value ?? "true");
  });
}
function booleanFault(name, value) {
  if (value === void 0 || /^(?:1|t|T|true|True|TRUE|0|f|F|false|False|FALSE)$/.test(value))
    return void 0;
  if (name !== "buildvcs") return `must be -${name}, -${name}=true or -${name}=false`;
  return value === "auto" ? void 0 : "must be -buildvcs=auto, -buildvcs=true or -buildvcs=false";
}
function choiceFault(name, value, allowed3) {
  const nonEmpty = allowed3.filter((word3) => word3 !== "");
  const closest = closestWord(value ?? "", nonEmpty);
  const list6 = nonEmpty.map((word3) => `-${name}=${word3}`);
  const all = `must be ${list6.slice(0, -1).join(", ")} or ${list6.at(-1)}`;
  return closest === void 0 ? all : `${all}: did you mean \`-${name}=${closest}\`?`;
}
function patternFlagsFault(name, value) {
  const text4 = value.trim();
  const equals = text4.indexOf("=");
  if (text4 === "") return void 0;
  if (!text4.startsWith("-") && equals < 1) return `must begin with a dash or a pattern, as in -${name}=all=-…`;
  const flags = text4.startsWith("-") ? text4 : text4.slice(equals + 1);
  const isQuoted = /^['"]/.test(text4);
  return isQuoted || splitQuoted(flags) === void 0 ? "has an unclosed quote in its value" : void 0;
}
function isInteger(value) {
  return /^[+-]?(?:0x(?:_?[\da-f])+|0b(?:_?[01])+|0o(?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?\d)*)$/i.test(value);
}
function countFault(value) {
  const isPositive = isInteger(value) && !value.startsWith("-") && /[1-9a-f]/i.test(value.replace(/^\+?0[xbo]/i, ""));
  return isPositive ? void 0 : "must be a positive whole number";
}
function words(text4) {
  return text4.split(/\s+/);
}

// src/gosettings/goflags.ts
function readGoflags(text4) {
  const entries2 = splitQuoted(text4);
  if (entries2 === void 0) return { fault: notClosed };
  const fault = firstFault(entries2, entryFault);
  return fault === void 0 ? { value: joinQuoted(entries2) } : { fault };
}
function goflagsRefusal(goflags, goVersion) {
  const entries2 = splitQuoted(goflags);
  if (entries2 === void 0) return notClosed;
  const names = entries2.map((entry) => flagOf(entry)?.name);
  return firstFault(entries2, (flag2, index) => {
    const unknown = goVersion === void 0 ? void 0 : unknownFlagFault(flag2.name, goVersion);
    return unknown ?? flagFault(flag2, names.lastIndexOf(flag2.name) === index);
  });
}
function flagsOf(goflags) {
  return (splitQuoted(goflags) ?? []).flatMap((entry) => flagOf(entry) ?? []);
}
function goFlagValue(goflags, name) {
  const entry = splitQuoted(goflags)?.findLast((one) => flagOf(one)?.name === name);
  return entry === void 0 ? void 0 : flagOf(entry)?.value ?? "true";
}
function modfileOf(goflags) {
  return goFlagValue(goflags, "modfile") || void 0;
}
function hasGoFlag(goflags, flag2) {
  return /^(?:1|t|T|true|True|TRUE)$/.test(goFlagValue(goflags, flag2) ?? "");
}
function mergeGoflags(existing, added) {
  const before = splitQuoted(existing);
  const after = splitQuoted(added);
  if (before === void 0 || after === void 0) {
    return [existing, added].filter((flags) => flags !== "").join(" ");
  }
  const names = new Set(after.map((entry) => flagOf(entry)?.name));
  const kept = before.filter((entry) => {
    const name = flagOf(entry)?.name;
    return name === void 0 || !names.has(name);
  });
  return joinQuoted([...kept, ...after]);
}
var notClosed = "a quote is not closed: put quotes around a whole flag";
var notFlag = "is not a flag: join a value to its flag as in -tags=name, with quotes around the whole if it holds blanks";
function firstFault(entries2, faultOf3) {
  const elementFault = (index, fault) => `element ${index + 1} ("${shown(entries2[index] ?? "")}") ${fault}`;
  const isStray = (index) => index < entries2.length && flagOf(entries2[index] ?? "") === void 0;
  for (const [index, entry] of entries2.entries()) {
    const flag2 = flagOf(entry);
    if (flag2 === void 0) return elementFault(index, notFlag);
    const fault = faultOf3(flag2, index);
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
  const splits = name === "exec" || name === "toolexec" || name === "tags" && /['\s]/.test(value);
  return splits && splitQuoted(value) !== void 0;
}
function holdsAnotherFlag(name, value) {
  return name === "tags" ? /[,;|]-/.test(value) : /^(?:true|false|mod|readonly|vendor)[,;|]/.test(value);
}
function shown(entry) {
  return redactedGoproxy(/^--?mod=\w*$/.test(entry) ? entry : entry.replace(/=.*$/s, "=…"));
}

// src/gosettings/private-modules.ts
function noProxyPatterns(setting2) {
  return setting2("GONOPROXY") || setting2("GOPRIVATE");
}
function noSumdbPatterns(setting2) {
  return setting2("GONOSUMDB") || setting2("GOPRIVATE");
}
function uncheckedPatterns(setting2) {
  return setting2("GOSUMDB") === "off" ? "*" : noSumdbPatterns(setting2);
}
function privatePatterns(setting2) {
  const patterns2 = ["GOPRIVATE", "GONOPROXY", "GONOSUMDB"].flatMap((name) => setting2(name).split(","));
  return [...new Set(patterns2.map((one) => one.trim()))].filter((one) => !["", "*", "none"].includes(one)).join(",");
}
function defaultOfPatterns(name) {
  return name === "GONOPROXY" || name === "GONOSUMDB" ? "GOPRIVATE" : void 0;
}

// src/gocmd/plan-env.ts
function bundleVariables({ url }, before) {
  const rest = ["", "off"].includes(before.trim()) ? "" : `,${before}`;
  const shown4 = rest === "" ? "" : `,${redactedGoproxy(before)}`;
  const why = "input `bundle`";
  return [{ name: "GOPROXY", value: `${url}${rest}`, shown: `${url}${shown4}`, why }];
}
var replaced2 = ["goproxy", "gosumdb", "govcs", "goauth", "gotoolchain"];
var merged = ["goprivate", "gonoproxy", "gonosumdb", "goinsecure"];
function planEnvironment(inputs, existing, choosesGo) {
  const changes = [];
  for (const input of replaced2) {
    if (inputs[input] !== "") changes.push(variable(input, inputs[input], `input \`${input}\``));
  }
  changes.push(...patternVariables(inputs, existing));
  if (choosesGo && inputs.gotoolchain === "" && existing("GOTOOLCHAIN") !== "local") {
    changes.push(variable("gotoolchain", "local", "`go-version` selects the Go that runs"));
  }
  return {
    changes: [...changes, ...goflagsVariable(inputs, existing("GOFLAGS"))],
    problems: conflicts(inputs)
  };
}
function patternVariables(inputs, existing) {
  const set = /* @__PURE__ */ new Map();
  const value = (name) => set.get(name)?.value ?? existing(name);
  const merge = (name, before, added, why) => {
    const after = mergePatterns(before, added);
    const suffix = before !== "" && after !== added ? ", added to the existing value" : "";
    if (after !== existing(name)) set.set(name, variable(name.toLowerCase(), after, `${why}${suffix}`));
  };
  for (const input of merged) {
    const name = input.toUpperCase();
    const defaultName = defaultOfPatterns(name);
    if (inputs[input] !== "") {
      merge(
        name,
        existing(name) || (defaultName === void 0 ? "" : value(defaultName)),
        inputs[input],
        `input \`${input}\``
      );
    } else if (defaultName !== void 0 && !["", "none"].includes(inputs.goprivate) && !["", "none"].includes(existing(name))) {
      merge(name, existing(name), inputs.goprivate, "input `goprivate`");
    }
  }
  return [...set.values()];
}
function goflagsVariable(inputs, existing) {
  const isVendoring = inputs.dependencies === "vendor";
  const added = [inputs.goflags, isVendoring ? "-mod=vendor" : ""].filter((flags) => flags !== "").join(" ");
  if (added === "") return [];
  const value = mergeGoflags(existing, added);
  const reasons2 = [
    ...inputs.goflags === "" ? [] : ["input `goflags`"],
    ...isVendoring ? ["`dependencies: vendor`"] : [],
    ...existing === "" ? [] : ["merged with the existing value"]
  ];
  return [variable("goflags", value, reasons2.join(", "))];
}
function conflicts(inputs) {
  const mod = goFlagValue(inputs.goflags, "mod");
  if (inputs.dependencies !== "vendor" || mod === void 0 || mod === "vendor") return [];
  return [
    {
      what: `Input \`goflags\` has "-mod=${mod}", but \`dependencies: vendor\` needs "-mod=vendor"`,
      allowed: "",
      fix: "Remove the flag from `goflags`, or set `dependencies` to another value."
    }
  ];
}
function variable(input, value, why) {
  return { name: input.toUpperCase(), value, shown: shown2(input, value), why };
}
function shown2(input, value) {
  if (input === "goproxy" || input === "gosumdb") return redactedGoproxy(value);
  return input === "goauth" ? "(not shown)" : value;
}
function variableLines(variables) {
  return variables.map(({ name, shown: shown4, why }) => `${name}=${shown4}  (${why})`);
}

// src/gosettings/secret-forms.ts
var minLength = 3;
var placeholders = ["git", "oauth2", "x-access-token", "x-token-auth", "x-oauth-basic", "x", "anonymous"];
function loginForms({ user, password }) {
  const isToken2 = password === "" || placeholders.includes(password.toLowerCase());
  const secret = isToken2 ? user : password;
  if (secret.length < minLength || placeholders.includes(secret.toLowerCase())) return [];
  const pairs = [`${user}:${password}`, `${decoded(user)}:${decoded(password)}`];
  const written = [secret, decoded(secret)];
  const all = [
    ...written,
    ...written.flatMap(percentForms),
    ...written.map((text4) => JSON.stringify(text4).slice(1, -1)),
    ...[...written, ...pairs].map((text4) => Buffer.from(text4).toString("base64"))
  ];
  return [...new Set(all)];
}
function secretForms(secret) {
  return loginForms({ user: "", password: secret });
}
var minTokenLength = 20;
function addressLogin(text4) {
  const [, scheme = "", rest = ""] = /^\s*([a-z][a-z\d+.-]*:\/\/)?(.*)$/isu.exec(text4) ?? [];
  const at2 = rest.lastIndexOf("@");
  if (at2 === -1) return void 0;
  const [user = "", ...password] = rest.slice(0, at2).split(":");
  const isToken2 = /^https?:/i.test(scheme) && user.length >= minTokenLength;
  if (password.length === 0 && !isToken2) return void 0;
  return { user, password: password.join(":") };
}
function headerForms(header2) {
  const [, scheme = "", token = ""] = /authorization:\s*(?:(\w+)\s+)?(\S+)/i.exec(header2) ?? [];
  if (token === "") return [];
  const [user = "", ...password] = Buffer.from(token, "base64").toString("utf8").split(":");
  const isBasic = scheme.toLowerCase() === "basic" && password.length > 0;
  return [...secretForms(token), ...isBasic ? loginForms({ user, password: password.join(":") }) : []];
}
function decoded(text4) {
  try {
    return decodeURIComponent(text4);
  } catch {
    return text4;
  }
}
function percentForms(text4) {
  const component = encodeOrUndefined(() => encodeURIComponent(text4)) ?? text4;
  const strict = component.replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const go2 = strict.replaceAll(/%(?:24|26|2B|2C|3B|3D)/g, (one) => decodeURIComponent(one));
  const url = new URL("https://host.invalid");
  url.password = text4;
  const lower = [component, strict].map((one) => one.replaceAll(/%../g, (two) => two.toLowerCase()));
  return [component, strict, go2, url.password, ...lower];
}
function encodeOrUndefined(encode) {
  try {
    return encode();
  } catch {
    return void 0;
  }
}

// src/inputs/credentials.ts
var bearerWord = /^bearer:/i;
var usersOfTokens = [
  [/(?:^|\.)bitbucket\.org$/, "x-token-auth"],
  [/(?:^|\.)gitlab\./, "oauth2"]
];
var defaultUser = "x-access-token";
function readCredentials(text4) {
  const credentials = [];
  const linesWithoutSecret = [];
  const faults = [];
  for (const [index, line] of text4.split(/\r\n|\r|\n/).entries()) {
    const [address2, ...secrets] = line.trim().split(/[ \t]+/);
    if (address2 === void 0 || address2 === "" || address2.startsWith("#")) continue;
    const fault = (what) => faults.push(`line ${index + 1} ${what}`);
    const notation = lineFault(line.trim(), secrets);
    if (notation !== void 0) {
      fault(notation);
      continue;
    }
    const target = readAddress(address2);
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
  const address2 = line.slice(0, /[ \t]|$/.exec(line)?.index);
  const write3 = "write `HOST TOKEN` or `HOST USER SECRET`";
  if (/^[[{]/.test(line)) return `is JSON: ${write3}`;
  if (/^-$/.test(address2)) return `begins with a dash: ${write3} alone`;
  if (/^["'`]/.test(line) || /^(["'`]).*\1$/.test(secrets.at(-1) ?? ""))
    return `has quotes, which would become part of the secret: ${write3} without them`;
  if (address2 === "machine" || first === "login") return `is in the notation of a netrc file: ${write3}`;
  if (/\$\{\{/.test(line))
    return "has an expression that was not evaluated: expressions work only under `with:`";
  if (secrets.some((word3) => /^\$(?:[A-Z_][A-Z\d_]*|\{\w+\})$/.test(word3)))
    return "has a shell variable, which is not expanded: write `HOST ${{ secrets.NAME }}`";
  if (secrets.some((word3) => /^\*+$/.test(word3))) return "has asterisks in place of a secret, as in a log";
  if (/^[=:]$|^[=-]>$/.test(first) || /^[^=/]+=/.test(address2))
    return `joins host and secret with a sign: ${write3}, separated by blanks`;
  if (!/@|^(?:git|ssh|https?):/i.test(address2) && /^[^:/]+:(?!\d{1,5}(?:\/|$))|:$/.test(address2)) {
    return /\./.test(address2.split(":")[0] ?? "") ? `has a colon after its host, but no port: ${write3}, separated by blanks` : `does not begin with a host, but with a word and a colon: ${write3}`;
  }
  if (/^(?:https:\/\/)?[^/]*\*/i.test(address2)) return "has a `*` in its host: write one line per host";
  if (/\/\*+\/?$/.test(address2))
    return "has a `*` in its path: remove it, because a path also covers everything below it";
  if (/[,;|]$/.test(address2) || /^[,;|]/.test(first)) return `has a separator after its host: ${write3}`;
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
function readAddress(text4) {
  if (/^http:/i.test(text4)) return { fault: "begins with http:, but credentials are sent only over https" };
  if (/^(?:ssh:|git[:@])/i.test(text4))
    return { fault: "begins with an ssh address, but credentials are for https: use `ssh-private-key`" };
  const bare = text4.replace(/^https:\/\//i, "");
  if (bare.includes("@")) return { fault: "has an @ in its first word, which must be a host" };
  const [, host = "", path82 = ""] = /^([^/]*)\/?(.*?)\/*$/.exec(bare) ?? [];
  const isHost2 = /^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?)(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*(?::\d{1,5})?$/i.test(
    host
  );
  if (!isHost2 || !(/[.:]/.test(host) || host === "localhost")) return { fault: "does not begin with a host" };
  if (!/^[\w.~%+-]*(?:\/[\w.~%+-]+)*$/.test(path82)) return { fault: "has an invalid path" };
  return { host: host.toLowerCase(), path: path82 };
}
function userOf(host) {
  const name = host.replace(/:\d+$/, "");
  return usersOfTokens.find(([pattern]) => pattern.test(name))?.[1] ?? defaultUser;
}
function credentialSecrets(credentials) {
  const forms = credentials.flatMap(({ user = "", password }) => [
    password,
    ...loginForms({ user, password })
  ]);
  return [...new Set(forms)];
}

// src/gosettings/download-base.ts
import { createHash } from "node:crypto";
var defaultDownloadBase = "https://go.dev/dl";
var example = 'write it as in "https://mirror.example.com/go"';
function readDownloadBase(text4) {
  const address2 = text4.trim();
  if (address2 === "") return { value: "" };
  const fault = addressFault(address2);
  if (fault !== void 0) return { fault: `it ${fault}` };
  const value = address2.replace(/^https?/i, (scheme) => scheme.toLowerCase()).replace(/\/+$/, "");
  return URL.canParse(value) ? { value } : { fault: "it has no valid host" };
}
function toolCacheName(base) {
  if (base === defaultDownloadBase) return "go";
  const address2 = base.replace(/^([a-z]+:\/\/).*@/is, "$1");
  return `go-${createHash("sha256").update(address2).digest("hex").slice(0, 8)}`;
}
function addressFault(address2) {
  if (!/^https?:\/\//i.test(address2)) return `is not an https or http address: ${example}`;
  const rest = address2.slice(address2.lastIndexOf("@") + 1);
  if (/\s/.test(address2)) return "holds a blank: write one address, with a blank in its path as %20";
  if (/[?#]/.test(rest)) return `has a query or fragment: it must end with its path, so ${example}`;
  if (/^http:\/\/.*@/i.test(address2)) {
    return "sends a user name or password unencrypted over http: use https";
  }
  return urlFault(address2);
}

// src/gosettings/goauth.ts
function readGoauth(text4) {
  const commands = splitCommands(text4);
  for (const [index, command] of commands.entries()) {
    const fault = commandFault(command, commands.length === 1);
    const shown4 = redactedGoproxy(command.split(/\s/)[0] ?? "").replace(/=.*/s, "=…");
    if (fault !== void 0) return { fault: `element ${index + 1} ("${shown4}") ${fault}` };
  }
  return { value: commands.join(";") };
}
function splitCommands(text4) {
  const list6 = text4.trim().replaceAll(/\s*;?\s*[\r\n]\s*;?\s*/g, ";");
  return list6 === "" ? [] : list6.split(";").map((command) => command.trim());
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
  const word3 = /^(off|netrc|git)(?=[,|]|$)/i.exec(program)?.[0];
  if (word3 !== void 0 && word3.length < program.length)
    return "holds a separator: commands are separated by `;`";
  if (word3 !== void 0) {
    return `must be written "${word3.toLowerCase()}", without quotes: Go would run it as a program`;
  }
  if (/^(?:~|\$|%|\w+=)/.test(program))
    return "is not a program: Go runs no shell, so it does not expand ~ or variables";
  return program === "" ? "has an empty program name" : void 0;
}
function isAbsolute2(directory2) {
  return /^(?:\/|[a-z]:[\\/]|\\\\)/i.test(directory2);
}
var shortestSecret = 6;
function goauthSecrets(text4) {
  const secrets = text4.split(/[;\r\n]/).flatMap((command) => {
    const [, ...args] = splitQuoted(command) ?? command.trim().split(/\s+/);
    return args.map((word3) => /^--?[^=]+=(.*)$/s.exec(word3)?.[1] ?? (word3.startsWith("-") ? "" : word3));
  });
  return [...new Set(secrets)].filter(
    (word3) => word3.length >= shortestSecret && !/^(?:\/|[A-Za-z]:[\\/])/.test(word3)
  );
}

// src/gosettings/gosumdb.ts
import { createHash as createHash2 } from "node:crypto";
function readGosumdb(text4) {
  const fields = text4.split(/\s+/).filter((field2) => field2 !== "");
  const [database, url] = fields;
  if (database === void 0) return { value: "" };
  if (text4.includes("PRIVATE+KEY+")) {
    return { fault: "it is a signer's private key: Go needs the matching verifier key" };
  }
  const fault = listFault(fields) ?? databaseFault(database, fields.length);
  if (fault !== void 0) return { fault };
  const address2 = url === void 0 ? void 0 : urlFault(url);
  if (address2 !== void 0) return { fault: `element 2 ("${redactedGoproxy(url ?? "")}") ${address2}` };
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
function readGotoolchain2(text4) {
  const setting2 = text4.trim();
  if (setting2 === "" || setting2 === "auto" || setting2 === "path") return { value: setting2 };
  const plus = setting2.indexOf("+");
  const name = plus === -1 ? setting2 : setting2.slice(0, plus);
  const suffix = plus === -1 ? "" : setting2.slice(plus);
  const fault = /\s/.test(setting2) ? "it holds a blank: Go accepts one toolchain" : suffixFault(suffix) ?? nameFault(name, suffix);
  return fault === void 0 ? { value: setting2 } : { fault };
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
  const release2 = releaseOf(corrected);
  if (release2 === name) return void 0;
  if (release2 !== void 0) return `"${name}" is not a toolchain: write "${release2}${suffix}"`;
  return `"${name}" is not a toolchain: Go accepts local, auto, path or a release such as "go1.25.0"`;
}
function releaseOf(name) {
  const version3 = parseGoVersion(name);
  if (version3 === void 0 || !name.startsWith("go1.")) return void 0;
  if (compareGoVersions(name, "go1.21") < 0) return name.replace(/^(go1\.\d+)\.0$/, "$1");
  const isLanguage = version3.patch === "" && version3.kind === "" && !name.includes("-");
  return isLanguage ? `${name}.0` : name;
}

// src/gosettings/govcs.ts
function readGovcs(text4) {
  const before = [];
  const value = [];
  for (const [index, rule] of splitRules(text4).entries()) {
    const [pattern = "", ...names] = rule.split(":").map((part) => part.trim());
    const allowed3 = names.join(":").split("|").map((name) => name.trim());
    const fault = ruleFault(rule, pattern, allowed3) ?? orderFault(pattern, before);
    if (fault !== void 0) return { fault: `element ${index + 1} ("${redactedGoproxy(rule)}") ${fault}` };
    before.push(pattern);
    value.push(`${pattern}:${allowed3.join("|")}`);
  }
  return { value: value.join(",") };
}
function splitRules(text4) {
  const list6 = text4.trim().replaceAll(/\s*,?\s*[\r\n]\s*,?\s*/g, ",");
  return list6 === "" ? [] : list6.split(",").map((rule) => rule.trim());
}
var NAMES = ["git", "hg", "svn", "bzr", "fossil", "all", "off"];
function ruleFault(rule, pattern, allowed3) {
  if (rule === "") return "is empty";
  if (rule.includes("://")) return "holds a URL: write a module path, without scheme";
  if (!rule.includes(":")) return "has no colon between pattern and version control systems";
  if (pattern === "") return "has no pattern before its colon";
  const fault = pattern === "public" || pattern === "private" ? void 0 : patternFault(pattern);
  if (fault !== void 0) return `has a pattern that ${fault}`;
  const unknown = allowed3.find((name) => !NAMES.includes(name));
  if (unknown !== void 0) {
    return `allows "${unknown}": Go knows ${NAMES.join(", ")}, separated by \`|\``;
  }
  return allowed3.includes("off") && allowed3.length > 1 ? 'combines "off" with others: Go allows the others' : void 0;
}
function orderFault(pattern, before) {
  const covering = before.find(
    (other) => other === "*" || pattern === other || pattern.startsWith(`${other}/`)
  );
  const all = before.includes("public") && before.includes("private") ? '"public" and "private"' : void 0;
  const by = covering === void 0 ? all : `"${covering}"`;
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
    allowed: `one of ${words2.map((word3) => `\`${word3}\``).join(", ")}`,
    parse: (value) => words2.find((word3) => word3 === value),
    suggest: (value) => suggestWord(value, words2)
  };
}
var synonymGroups = [
  ["true", "yes", "y", "on", "1", "enable", "enabled", "always"],
  ["false", "no", "n", "off", "0", "disable", "disabled", "none", "never"]
];
function suggestWord(text4, words2) {
  const plain = text4.toLowerCase().replaceAll(/["'`\s]/g, "");
  const synonyms = synonymGroups.find((group2) => group2.includes(plain)) ?? [];
  const closest = closestWord(plain, words2);
  const beginning = words2.filter((word3) => word3.length > 2 && plain.startsWith(word3));
  return words2.find((word3) => synonyms.includes(word3)) ?? closest ?? beginning.at(-1);
}
var list = {
  allowed: "values separated by line breaks or commas",
  allowsComments: true,
  parse: (value) => notationFault(value) === void 0 ? listItems(value) : void 0,
  fault: notationFault
};
function wholeNumber(min, max2) {
  return {
    allowed: `a whole number from ${min} to ${max2}`,
    parse: (value) => {
      if (!/^\d{1,9}$/.test(value)) return void 0;
      const number = Number(value);
      return number >= min && number <= max2 ? number : void 0;
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
function setting(allowed3, read2, shown4) {
  return {
    allowed: allowed3,
    parse: (value) => {
      const setting2 = read2(value);
      return "value" in setting2 ? setting2.value : void 0;
    },
    fault: (value) => {
      const setting2 = read2(value);
      return "fault" in setting2 ? setting2.fault : void 0;
    },
    ...shown4 === void 0 ? {} : { shown: shown4 }
  };
}
function listSetting(allowed3, read2) {
  const readList = (text4) => {
    const fault = notationFault(text4);
    return fault === void 0 ? read2(text4) : { fault };
  };
  return { ...setting(allowed3, readList), allowsComments: true };
}
function hasLineBreak(value) {
  return /[\r\n]/.test(value);
}
var fixFlag = "Write `true` or `false`, or omit the input.";
var fixChoice = "Use one of these values, or omit the input.";
var branches = {
  allowed: "names or globs of branches, separated by line breaks or commas",
  allowsComments: true,
  parse: (text4) => branchesFault(text4) === void 0 ? listItems(text4) : void 0,
  fault: branchesFault
};
function branchesFault(text4) {
  const notation = notationFault(text4);
  if (notation !== void 0) return notation;
  for (const [index, item] of listItems(text4).entries()) {
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
      readGotoolchain2
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
import * as path11 from "node:path";
function readDirectoryPattern(text4) {
  const excludes = text4.startsWith("!");
  const pattern = excludes ? text4.slice(1).trim() : text4;
  return { text: text4, pattern, excludes, isGlob: /[*?[]/.test(pattern) };
}
function coversDirectory(pattern, directory2, options = {}) {
  const slashed2 = options.backslashes === true ? pattern.replaceAll("\\", "/") : pattern;
  const names = namesOf(path11.posix.normalize(slashed2.replace(/^\/+/, "") || "."));
  if (names.length === 0) return namesOf(directory2).length === 0;
  const flags = options.ignoreCase === true ? "iu" : "u";
  const matchers = names.filter((name, index) => name !== "**" || names[index - 1] !== "**").map((name) => name === "**" ? anyDirectories : nameMatcher(name, flags));
  return covers(matchers, namesOf(directory2));
}
var anyDirectories = /* @__PURE__ */ Symbol("**");
function namesOf(directory2) {
  return directory2.split("/").filter((name) => name !== "" && name !== ".");
}
function covers([first, ...rest], names) {
  if (first === void 0) return true;
  const [name, ...below] = names;
  if (first === anyDirectories)
    return covers(rest, names) || name !== void 0 && covers([first, ...rest], below);
  return name !== void 0 && first.test(name) && covers(rest, below);
}
function nameMatcher(name, flags) {
  const source = name.split(/(\*|\?|\[[^\]]+\])/).map((piece) => {
    if (/^\*+$/.test(piece)) return ".*";
    if (piece === "?") return ".";
    if (/^\[.+\]$/.test(piece)) return characterClass(piece.slice(1, -1));
    return escaped(piece);
  }).join("");
  return new RegExp(`^${source}$`, flags);
}
function characterClass(text4) {
  const isNegated = /^[!^]./.test(text4);
  const characters = (isNegated ? text4.slice(1) : text4).replaceAll(/[\\\]^[]/g, "\\$&");
  try {
    return new RegExp(`[${isNegated ? "^" : ""}${characters}]`, "u").source;
  } catch {
    return escaped(`[${text4}]`);
  }
}
function escaped(text4) {
  return text4.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
function readPackagePatterns(text4) {
  if (/^(?:[Ff]alse|FALSE)$/.test(text4)) return { patterns: [] };
  if (/^(?:[Tt]rue|TRUE)$/.test(text4)) return { patterns: ["./..."] };
  const notation = notationFault(text4);
  if (notation !== void 0) return { fault: notation };
  const patterns2 = listItems(text4);
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
  const word3 = probableWord(pattern);
  if (word3 !== void 0) return `is not a package: did you mean \`${word3}\`?`;
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
  const letters = (text4) => [...text4].sort().join("");
  const written = pattern.toLowerCase();
  return ["true", "false"].find(
    (word3) => letters(word3) === letters(written) || [...word3].some((_, index) => word3.slice(0, index) + word3.slice(index + 1) === written) || [...written].some((_, index) => written.slice(0, index) + written.slice(index + 1) === word3)
  );
}
function patternDirectory(pattern) {
  if (!/^\.(?:[/\\]|$)/.test(pattern)) return void 0;
  const steps = pattern.split(/[/\\]/).filter((step) => step !== "." && step !== "");
  const wildcard = steps.findIndex((step) => step.includes("..."));
  return (wildcard === -1 ? steps : steps.slice(0, wildcard)).join("/");
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
    const [, system = "", arch3 = ""] = /^([a-z\d]+)[/_-]([a-z\d_]+)$/i.exec(item) ?? [];
    const platform3 = [system, arch3].map((name) => otherNames[name.toLowerCase()] ?? name.toLowerCase()).join("/");
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
  let at2 = magic.length;
  const number = () => {
    at2 += 4;
    return at2 <= bytes.length ? bytes.readUInt32BE(at2 - 4) : Number.POSITIVE_INFINITY;
  };
  const field2 = () => {
    const length3 = number();
    at2 += length3;
    return at2 <= bytes.length ? bytes.subarray(at2 - length3, at2) : void 0;
  };
  const [cipher, , options] = [field2(), field2(), field2()];
  if (cipher === void 0 || options === void 0) return unreadable2;
  if (cipher.toString("latin1") !== "none") return passphrase;
  const count = number();
  const [publicKey, secret] = [field2(), field2()];
  const isComplete = count === 1 && publicKey !== void 0 && secret !== void 0 && secret.length > 8;
  return isComplete && secret.readUInt32BE(0) === secret.readUInt32BE(4) ? void 0 : unreadable2;
}
function readSshAddress(text4) {
  const [first = "", second, ...more] = text4.split(/[ \t]+/);
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
  const { host, path: path82 } = hostPath;
  if (second === void 0) {
    return host.includes(":") ? "has a port: write `ssh://user@host:port/path` for a port of ssh" : { host, path: path82, server: { user: "git", host, port: "", path: path82 } };
  }
  if (!/^ssh:\/\//i.test(second)) return "has a second word that does not begin with ssh://";
  const server = readServer(second);
  if (typeof server === "string") return server;
  return { host, path: path82, server: { ...server, path: server.path === "" ? path82 : server.path } };
}
function readServer(text4) {
  const [, user = "git", rest = ""] = /^ssh:\/\/(?:([^@/]*)@)?(.*)$/i.exec(text4) ?? [];
  if (!/^[\w.+][\w.+-]*$/.test(user)) return "has an invalid user in its ssh address";
  const hostPath = readHostPath(rest);
  if (hostPath === void 0) return "has an invalid ssh address";
  const [host = "", port = ""] = hostPath.host.split(":");
  if (Number(port) > 65535) return "has an invalid port in its ssh address";
  return { user, host, port: port === "22" ? "" : port, path: hostPath.path };
}
function readHostPath(text4) {
  const [, host = "", path82 = ""] = /^([^/]*)\/?(.*?)\/*$/.exec(text4) ?? [];
  const isHost2 = /^[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*(?::\d{1,5})?$/i.test(host);
  if (!isHost2 || !/^[^:]*\.|^localhost(?::|$)/.test(host)) return void 0;
  if (!/^[\w.~%+-]*(?:\/[\w.~%+-]+)*$/.test(path82)) return void 0;
  return { host: host.toLowerCase(), path: path82.replace(/\.git$/, "") };
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
function readSshKeys(text4) {
  const lines2 = text4.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/).map((line) => line.trim());
  const keys2 = [];
  const linesWithoutSecret = [];
  const faults = [];
  let above;
  let isAfterFault = false;
  for (let at2 = 0; at2 < lines2.length; at2++) {
    const line = lines2[at2] ?? "";
    if (line === "" || line.startsWith("#")) continue;
    const number = at2 + 1;
    const [, label] = /^-----BEGIN ((?:[A-Z\d]+ )*)PRIVATE KEY-----$/.exec(line) ?? [];
    if (label !== void 0) {
      const end = lines2.indexOf(`-----END ${label}PRIVATE KEY-----`, at2);
      const block2 = lines2.slice(at2, end + 1).filter((one) => one !== "");
      const fault = end === -1 ? "has no end: its last lines are missing" : privateKeyFault(label, block2);
      if (fault !== void 0) faults.push(`the key in line ${number} ${fault}`);
      else if (above === void 0) {
        faults.push(
          `the key in line ${number} has no address: write its address in the line above it, such as \`github.com/acme/lib\``
        );
      } else if (above.address !== void 0) keys2.push({ ...above.address, key: `${block2.join("\n")}
` });
      above = void 0;
      isAfterFault = end === -1;
      at2 = end === -1 ? at2 : end;
      continue;
    }
    if (line === "-----BEGIN EC PARAMETERS-----") {
      at2 = Math.max(at2, lines2.indexOf("-----END EC PARAMETERS-----", at2));
      continue;
    }
    const mistake = knownMistakes.find(([pattern]) => pattern.test(line))?.[1];
    const address2 = mistake ?? readSshAddress(line);
    if (typeof address2 === "string") {
      if (!isAfterFault) faults.push(`line ${number} ${address2}`);
      isAfterFault = true;
      above = mistake === void 0 ? { line: number, address: void 0 } : void 0;
      continue;
    }
    isAfterFault = false;
    if (above?.address !== void 0) linesWithoutSecret.push(above.line);
    const isDuplicate = keys2.some(({ host, path: path82 }) => host === address2.host && path82 === address2.path);
    if (isDuplicate) faults.push(`line ${number} names an address that another key already has`);
    above = { line: number, address: isDuplicate ? void 0 : address2 };
  }
  if (above?.address !== void 0) linesWithoutSecret.push(above.line);
  return { keys: keys2, linesWithoutSecret, faults };
}
var minMaskedLength = 8;
function sshSecrets(keys2) {
  const forms = keys2.flatMap(({ key }) => {
    const lines2 = key.split("\n").filter((line) => line.length >= minMaskedLength && !line.startsWith("-----"));
    const whole = [key, key.trimEnd(), key.replaceAll("\n", "\r\n")];
    return [
      ...lines2.flatMap((line) => [line, encodeURIComponent(line)]),
      ...whole.map((one) => Buffer.from(one).toString("base64"))
    ];
  });
  return [...new Set(forms)];
}
function readKnownHosts(text4) {
  const lines2 = [];
  const faults = [];
  for (const [index, raw] of text4.split(/\r\n|\r|\n/).entries()) {
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
  const length3 = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0;
  return bytes.subarray(4, 4 + length3).toString("latin1") === type ? void 0 : "has a key that does not match its type, or is incomplete";
}

// src/inputs/private-inputs.ts
var credentialLines = {
  allowed: "lines such as `host token`, `host/path token`, `host user password` or `host bearer:token`",
  parse: (text4) => {
    const read2 = readCredentials(text4);
    return read2.faults.length === 0 ? read2 : void 0;
  },
  fault: (text4) => readCredentials(text4).faults.join(", "),
  keepsBlanks: true,
  shown: () => "(not shown)"
};
var sshKeys = {
  allowed: "private keys without a passphrase, each below a line such as `github.com/acme/lib` or `ssh://git@git.example.com:2222/team`",
  parse: (text4) => {
    const read2 = readSshKeys(text4);
    return read2.faults.length === 0 ? read2 : void 0;
  },
  fault: (text4) => readSshKeys(text4).faults.join(", "),
  keepsBlanks: true,
  shown: () => "(not shown)"
};
var knownHosts = {
  allowed: "lines of a known_hosts file, such as `git.example.com ssh-ed25519 AAAA…`",
  parse: (text4) => {
    const read2 = readKnownHosts(text4);
    return read2.faults.length === 0 ? read2 : void 0;
  },
  fault: (text4) => readKnownHosts(text4).faults.join(", "),
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
function readInputs(environment) {
  const values = {};
  const problems = [];
  for (const [name, declaration] of Object.entries(declarations)) {
    const whole = environment[variableOf(name)] ?? "";
    const raw = declaration.kind.allowsComments ? withoutComments(whole) : whole;
    const given = declaration.kind.keepsBlanks && raw.trim() !== "" ? raw : raw.trim();
    const value = given === "" ? void 0 : declaration.kind.parse(given);
    if (given !== "" && value === void 0) problems.push(problemOf(name, given, declaration));
    values[name] = value ?? defaultOf(declaration);
  }
  return { inputs: values, problems };
}
function variableOf(name) {
  return `INPUT_${name.replaceAll(" ", "_").toUpperCase()}`;
}
function defaultOf(declaration) {
  return declaration.kind.parse(declaration.fallback.startsWith("${{") ? "" : declaration.fallback);
}
function problemOf(name, given, declaration) {
  const { kind } = declaration;
  const fault = kind.fault?.(given);
  const suggestion = kind.suggest?.(given);
  return {
    what: `Input \`${name}\` is ${JSON.stringify(kind.shown?.(given) ?? given)}${fault === void 0 ? "" : `, but ${fault}`}`,
    allowed: kind.allowed,
    fix: `${suggestion === void 0 ? "" : `Did you mean \`${suggestion}\`? `}${declaration.fix}`
  };
}

// src/inputs/s3-server.ts
var endpointVariables = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];
function readS3Server(inputs, variable3) {
  const bucket = inputs["s3-bucket"];
  if (bucket === "") return { problem: noBucket };
  const name = endpointVariables.find((one) => variable3(one) !== "");
  const given = inputs["s3-endpoint"] || (name === void 0 ? "" : variable3(name));
  if (given !== "" && name !== void 0 && inputs["s3-endpoint"] === "") {
    const fault = endpointFault(given);
    if (fault !== void 0) return { problem: invalidVariable(name, fault) };
  }
  const host = given === "" ? "" : new URL(given).host;
  const aws = awsHost(host);
  if (aws?.bucket) return { problem: bucketInEndpoint(given, aws.bucket) };
  const isAws = host === "" || aws !== void 0;
  const region2 = inputs["s3-region"] || aws?.region || variable3("AWS_REGION") || variable3("AWS_DEFAULT_REGION") || (isAws ? "" : defaultRegion(host));
  if (region2 === "") return { problem: noRegion };
  const endpoint2 = host === "" || aws?.region === "" ? awsEndpoint(region2) : new URL(given).origin;
  return { server: { bucket, region: region2, endpoint: endpoint2, pathStyle: !isAws || bucket.includes(".") } };
}
function awsHost(host) {
  const match3 = /^(?:(.+)\.)?s3(?:-fips)?(?:[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?$/;
  const [whole, bucket = "", region2 = ""] = match3.exec(host) ?? [];
  return whole === void 0 ? void 0 : { bucket, region: region2 };
}
function awsEndpoint(region2) {
  return `https://s3.${region2}.amazonaws.com${region2.startsWith("cn-") ? ".cn" : ""}`;
}
function defaultRegion(host) {
  return /(?:\.r2\.cloudflarestorage|^storage\.googleapis)\.com$/.test(host) ? "auto" : "us-east-1";
}
var noBucket = {
  what: 'Input `cache-backend` is "s3", but `s3-bucket` is empty',
  allowed: "",
  fix: "Set `s3-bucket` to the name of the bucket."
};
var noRegion = {
  what: 'Input `cache-backend` is "s3", but the region is unknown: `s3-region`, AWS_REGION and AWS_DEFAULT_REGION are empty',
  allowed: "",
  fix: "Set `s3-region` to the region of the bucket, or put aws-actions/configure-aws-credentials before this step."
};
function invalidVariable(name, fault) {
  return {
    what: `The variable ${name} names no S3 server: ${fault}`,
    allowed: "an http or https address without path, user name and password",
    fix: "Correct it, or set the input `s3-endpoint`, which overrides it."
  };
}
function bucketInEndpoint(endpoint2, bucket) {
  return {
    what: `The S3 endpoint is "${endpoint2}", but it names the bucket ${bucket}`,
    allowed: "the address of the server",
    fix: "Write the bucket only in `s3-bucket`, and remove it from the endpoint, or omit `s3-endpoint`."
  };
}
var s3Names = ["s3-bucket", "s3-region", "s3-endpoint", "s3-prefix"];
function s3Problems(inputs, variable3) {
  const backend = inputs["cache-backend"];
  if (backend !== "s3")
    return s3Names.filter((name) => inputs[name] !== s3Inputs[name].fallback).map((name) => ({
      what: `Input \`${name}\` is "${inputs[name]}", but \`cache-backend\` is "${backend}"`,
      allowed: "",
      fix: "Set `cache-backend: s3`, or remove the input."
    }));
  const read2 = inputs.cache ? readS3Server(inputs, variable3) : void 0;
  return read2 !== void 0 && "problem" in read2 ? [read2.problem] : [];
}

// src/bundle/content.ts
var bundleSchema = 1;
var bundleScopes = ["build", "all"];
var bundleKinds = ["info", "mod", "zip"];
var sidecarSuffixes = { sha256: ".sha256", content: ".json" };
var toolchainPath = "golang.org/toolchain";
var toolchainList = `${toolchainPath}/@v/list`;
function bundlePath(module, kind) {
  return `${downloadPrefix(module).slice("cache/download/".length)}.${kind}`;
}
function bundleFiles(content) {
  const ofModules = [...content.modules, ...content.toolchains].flatMap(
    (module) => bundleKinds.flatMap((kind) => {
      const file = module[kind];
      return file === void 0 ? [] : [[bundlePath(module, kind), file]];
    })
  );
  return new Map([...ofModules, ...content.others.map((file) => [file.path, file])]);
}
function servedDatabases({ others }) {
  return others.flatMap(({ path: path82 }) => /^sumdb\/([^/]+)\/supported$/.exec(path82)?.[1] ?? []);
}
var UnreadableBundle = class extends ActionError {
  constructor(message) {
    super("unreadable-bundle", message);
  }
};
function decodeBundle(about) {
  const fields = object(about, "content");
  const { schema: schema4 } = fields;
  if (typeof schema4 === "number" && schema4 > bundleSchema) {
    throw new UnreadableBundle(
      `has schema ${schema4}, and this version of the action reads schema ${bundleSchema}: it was created by a newer version`
    );
  }
  if (schema4 !== bundleSchema)
    throw new UnreadableBundle(`has schema ${JSON.stringify(schema4)}, not ${bundleSchema}`);
  const scope = bundleScopes.find((known) => known === fields.scope);
  if (scope === void 0) throw new UnreadableBundle(`has the unknown scope ${JSON.stringify(fields.scope)}`);
  const content = {
    schema: schema4,
    scope,
    go: list2(fields.go, "go").map((one) => text2(one, "go")),
    sums: text2(fields.sums, "sums", /^[0-9a-f]{64}$/),
    modules: list2(fields.modules, "modules").map((one) => decodeModule(one)),
    unused: list2(fields.unused, "unused").map((one) => text2(one, "unused")),
    toolchains: list2(fields.toolchains, "toolchains").map((one) => decodeModule(one)),
    others: list2(fields.others, "others").map(decodeOther)
  };
  const isToolchain = ({ path: path82 }) => path82 === toolchainPath;
  if (!content.toolchains.every(isToolchain) || content.modules.some(isToolchain))
    throw new UnreadableBundle("lists a module as a toolchain, or a toolchain as a module");
  const names = /* @__PURE__ */ new Set();
  for (const name of [...content.modules, ...content.toolchains].map(moduleVersionName)) {
    if (names.has(name)) throw new UnreadableBundle(`lists ${name} twice`);
    names.add(name);
  }
  return content;
}
function decodeModule(value) {
  const fields = object(value, "module");
  const module = { path: text2(fields.path, "path"), version: text2(fields.version, "version") };
  try {
    bundlePath(module, "mod");
  } catch (error3) {
    throw new UnreadableBundle(`names a ${error3.message}`);
  }
  const name = `${module.path}@${module.version}`;
  const files = Object.fromEntries(
    bundleKinds.filter((kind) => fields[kind] !== void 0).map((kind) => [kind, decodeFile(fields[kind], name)])
  );
  const hashes3 = Object.fromEntries(
    ["h1", "goModH1"].filter((hash) => fields[hash] !== void 0).map((hash) => [hash, text2(fields[hash], hash, /^h1:[A-Za-z0-9+/]{43}=$/)])
  );
  if (fields.zip !== void 0 !== (hashes3.h1 !== void 0))
    throw new UnreadableBundle(`has a hash of ${name} without its files, or the reverse`);
  if (fields.mod !== void 0 !== (hashes3.goModH1 !== void 0))
    throw new UnreadableBundle(`has a hash of the go.mod of ${name} without the file, or the reverse`);
  const origin = fields.origin === void 0 ? {} : { origin: decodeOrigin(fields.origin) };
  return { ...module, ...hashes3, ...files, ...origin };
}
function decodeOrigin(value) {
  const fields = object(value, "origin");
  return Object.fromEntries(
    ["vcs", "url", "ref", "hash"].filter((name) => fields[name] !== void 0).map((name) => [name, text2(fields[name], name)])
  );
}
function decodeOther(value) {
  const path82 = text2(object(value, "file").path, "path of a file");
  const isKnown = path82 === toolchainList || /^sumdb\/[^/]+\/(?:supported|lookup\/.+|tile\/.+)$/.test(path82);
  if (!isKnown) throw new UnreadableBundle(`holds ${JSON.stringify(path82)}, which does not belong in a bundle`);
  return { path: path82, ...decodeFile(value, path82) };
}
function decodeFile(value, name) {
  const { size, sha256: sha2562 } = object(value, `file of ${name}`);
  if (!Number.isSafeInteger(size) || size < 0)
    throw new UnreadableBundle(`has no length for a file of ${name}`);
  return { size, sha256: text2(sha2562, `SHA-256 of a file of ${name}`, /^[0-9a-f]{64}$/) };
}
function object(value, name) {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UnreadableBundle(`has a ${name} that is not an object`);
  return value;
}
function list2(value, name) {
  if (!Array.isArray(value)) throw new UnreadableBundle(`has no list of ${name}`);
  return value;
}
function text2(value, name, form = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u) {
  if (typeof value !== "string" || !form.test(value))
    throw new UnreadableBundle(`has ${JSON.stringify(value)} for ${name}`);
  return value;
}

// src/bundle/create.ts
import * as path36 from "node:path";

// src/cache/archive/hash-files.ts
import { createHash as createHash4 } from "node:crypto";
import * as path12 from "node:path";

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
async function runWorkers(count, work, prepare, seconds2) {
  if (!isWorthThreads(work)) return runHere(prepare());
  const threads = Array.from({ length: count }, stoppableThread);
  const workers = threads.map(startWorker);
  const stop = () => threads.forEach(stopBetweenCalls);
  process.prependOnceListener("exit", stop);
  let timer;
  const timeout = seconds2 === void 0 ? void 0 : new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new WorkerTimeout(`it took more than ${seconds2} s`)),
      seconds2 * 1e3
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
  return new Promise((resolve19, reject) => {
    worker.once("message", resolve19);
    worker.once("messageerror", reject);
    worker.once("error", reject);
    worker.once("exit", (code2) => reject(new Error(`a worker thread ended with code ${code2} and no answer`)));
  });
}

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
function readZipDirectory(at2, size) {
  const tail = at2(
    Math.max(0, size - length.end - longestComment),
    Math.min(size, length.end + longestComment)
  );
  let end = tail.length - length.end;
  while (end >= 0 && tail.readUInt32LE(end) !== signature.end) end--;
  if (end < 0) throw new Error("it is not a zip");
  const count = tail.readUInt16LE(end + 10);
  const [directorySize, directoryStart] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  const endsWithComment = end + length.end + tail.readUInt16LE(end + 20) === tail.length;
  const isBeforeEnd = directoryStart + directorySize === size - tail.length + end;
  const isLong = end >= length.locator && tail.readUInt32LE(end - length.locator) === signature.locator;
  if (!endsWithComment || !isBeforeEnd || isLong)
    throw new Error("its directory is not at the expected position");
  const directory2 = at2(directoryStart, directorySize);
  const entries2 = [];
  let position = 0;
  for (; position + length.entry <= directory2.length; ) {
    if (directory2.readUInt32LE(position) !== signature.entry) throw new Error("its directory is corrupt");
    const lengthAt = (offset) => directory2.readUInt16LE(position + offset);
    const nameEnd = position + length.entry + lengthAt(28);
    entries2.push({
      name: directory2.toString("utf8", position + length.entry, nameEnd),
      method: lengthAt(10),
      flags: lengthAt(8),
      crc: directory2.readUInt32LE(position + 16),
      packed: directory2.readUInt32LE(position + 20),
      size: directory2.readUInt32LE(position + 24),
      offset: directory2.readUInt32LE(position + 42)
    });
    position = nameEnd + lengthAt(30) + lengthAt(32);
  }
  if (position !== directory2.length || entries2.length !== count) throw new Error("its directory is corrupt");
  return entries2;
}
function contentStart(at2, { name, offset }) {
  const header2 = at2(offset, length.local);
  if (header2.readUInt32LE(0) !== signature.local) throw new Error(`${name} has no header`);
  return offset + length.local + header2.readUInt16LE(26) + header2.readUInt16LE(28);
}
function modifiedSeconds(at2, entry) {
  const start = contentStart(at2, entry);
  const header2 = at2(entry.offset, start - entry.offset);
  let position = length.local + header2.readUInt16LE(26);
  while (position + 4 <= header2.length) {
    const [id, size] = [header2.readUInt16LE(position), header2.readUInt16LE(position + 2)];
    const hasTime = id === 21589 && size >= 5 && position + 9 <= header2.length;
    if (hasTime && ((header2[position + 4] ?? 0) & 1) === 1) return header2.readInt32LE(position + 5);
    position += 4 + size;
  }
  const [time, date] = [header2.readUInt16LE(10), header2.readUInt16LE(12)];
  const day = Date.UTC(1980 + (date >> 9), (date >> 5 & 15) - 1, date & 31) / 1e3;
  return day + (time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2;
}

// src/cache/archive/zip-hash.ts
var longest = 500 * 1024 * 1024;
var zipInMemory = 16 * 1024 * 1024;
var zipThreads = 3;
var room = Buffer.alloc(0);

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
async function describeFiles(files) {
  const largestFirst = files.map((file) => ({ file, size: lstatIn(file)?.size ?? 0 })).sort((a, b) => b.size - a.size);
  const work = largestFirst.reduce((sum2, { size }) => sum2 + size, 0);
  const threads = Math.min(zipThreads, processors(), files.length);
  const parts = Array.from(
    { length: threads },
    (_, thread) => largestFirst.filter((_2, at2) => at2 % threads === thread).map(({ file }) => file)
  );
  const results = await runWorkers(
    threads,
    work,
    () => parts.map(
      (part) => ({ task: "describe-files", data: { files: part } })
    )
  );
  return new Map(
    parts.flatMap(
      (part, thread) => part.map((file, at2) => [file, results[thread]?.[at2]])
    )
  );
}
var costOfHashing = 1 / 8;
async function hashInBackground(file) {
  const work = (lstat2(file)?.size ?? 0) * costOfHashing;
  const data = { directory: path12.dirname(file), files: [path12.basename(file)] };
  const [result] = await runWorkers(1, work, () => [
    { task: "hash-files", data }
  ]);
  return result?.[0]?.sha256 ?? "";
}
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
  const total3 = files.reduce((sum2, { size }) => sum2 + size + fileWeight, 0);
  const shares = Array.from({ length: parts }, () => []);
  let done = 0;
  for (const file of files) {
    shares[Math.min(parts - 1, Math.floor(done / total3 * parts))]?.push(file);
    done += file.size + fileWeight;
  }
  return shares;
}

// src/cache/archive/manifest.ts
import { createHash as createHash5 } from "node:crypto";

// src/cache/archive/tar.ts
function encodeRecords(values) {
  return Buffer.concat([...values].map(([key, value]) => record(key, value)));
}
function record(key, value) {
  const rest = Buffer.byteLength(` ${key}=${value}
`);
  let length3 = rest + 1;
  while (rest + String(length3).length !== length3) length3 = rest + String(length3).length;
  return Buffer.from(`${length3} ${key}=${value}
`);
}
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
function padded(length3) {
  return Math.ceil(length3 / blockSize) * blockSize;
}
function headerLength(member) {
  const records = paxRecords(member);
  return records === void 0 ? blockSize : blockSize + padded(records.length) + blockSize;
}
var scratch = Buffer.alloc(8 * blockSize);
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

// src/cache/archive/paths.ts
var reservedName = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i;
var forbiddenOnWindows = /[\x00-\x1f<>:"|?*]/;
var hiddenCharacter = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
var longest2 = 4096;
var dottedSegment = /(?:^|\/)\.{0,2}(?:\/|$)/;
function pathProblem(path82, platform3) {
  if (path82.length > longest2) return `has more than ${longest2} characters`;
  if (path82.includes("\0")) return "holds a NUL";
  if (path82.includes("\\")) return "holds a backslash";
  if (path82.includes("�") || !path82.isWellFormed()) return "is not valid Unicode";
  if (hiddenCharacter.test(path82)) return "holds a control character or an invisible character";
  if (path82.startsWith("/")) return "is absolute";
  if (/^[A-Za-z]:/.test(path82)) return "begins with a drive letter";
  if (dottedSegment.test(path82)) return "has an empty, . or .. part";
  return platform3 === "win32" ? windowsProblem(path82) : void 0;
}
function windowsProblem(path82) {
  if (forbiddenOnWindows.test(path82)) return "holds a character that Windows forbids";
  for (const segment of path82.split("/")) {
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
    const problem5 = pathProblem(root2, platform3) ?? (roots.has(root2) ? "is listed twice" : void 0);
    if (problem5 !== void 0) return `the root ${JSON.stringify(root2)} ${problem5}`;
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
  return Buffer.byteLength(encodeManifest(manifest)) + sum(manifest.shards.map(({ length: length3 }) => length3));
}
function contentHash(content) {
  return createHash5("sha256").update(content).digest("hex");
}
function decodeManifest(text4, platform3) {
  const [, hash, content] = /^\{"sha256":"([0-9a-f]{64})","manifest":(.*)\}\n$/s.exec(text4) ?? [];
  if (content === void 0) throw damaged("is not in the format of this action");
  if (contentHash(content) !== hash) throw damaged("does not match its SHA-256");
  const fields = object2(parse(content), "content");
  if (fields.schema !== schema) throw damaged(`has schema ${JSON.stringify(fields.schema)}, not ${schema}`);
  const kind = packKinds.find((known) => known === fields.kind);
  if (kind === void 0) throw damaged(`has the unknown kind ${JSON.stringify(fields.kind)}`);
  if (!("about" in fields)) throw damaged("has no metadata");
  const shards = list3(fields.shards, "shards").map(decodeShard);
  if (shards.length < shardLimits.fewest || shards.length > shardLimits.most) {
    throw damaged(`lists ${shards.length} shards`);
  }
  const units = list3(fields.units, "units").map((unit) => decodeUnit(unit, shards.length));
  const problem5 = unitsProblem(units, platform3);
  if (problem5 !== void 0) throw damaged(`is invalid: ${problem5}`);
  const files = total(fields, "files", shards);
  const bytes = total(fields, "bytes", shards);
  const omitted = "omitted" in fields ? { omitted: integer(fields.omitted, "omitted", 1) } : {};
  return { kind, about: fields.about, units, files, bytes, ...omitted, shards };
}
function decodeUnit(value, shards) {
  const unit = object2(value, "unit");
  const roots = list3(unit.roots, "roots").map((root) => text3(root, "root"));
  return {
    name: text3(unit.name, "name of a unit"),
    roots,
    shard: integer(unit.shard, "shard", 0, shards - 1)
  };
}
function decodeShard(value, index) {
  const shard = object2(value, "shard");
  if (shard.name !== shardName(index))
    throw damaged(`has ${JSON.stringify(shard.name)} as the name of shard ${index}`);
  const sha2562 = text3(shard.sha256, "sha256");
  if (!/^[0-9a-f]{64}$/.test(sha2562)) throw damaged(`has no SHA-256 of ${shard.name}`);
  const frames = list3(shard.frames, "frames").map(decodeFrame);
  const length3 = integer(shard.length, "length");
  if (length3 !== sum(frames.map((frame) => frame.packed)))
    throw damaged(`has different lengths for ${shard.name} and its frames`);
  return {
    name: shard.name,
    length: length3,
    sha256: sha2562,
    files: integer(shard.files, "files"),
    bytes: integer(shard.bytes, "bytes"),
    frames
  };
}
function decodeFrame(value) {
  const frame = object2(value, "frame");
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
function object2(value, name) {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw damaged(`has a ${name} that is not an object`);
  return value;
}
function list3(value, name) {
  if (!Array.isArray(value)) throw damaged(`has ${name} that are not a list`);
  return value;
}
function text3(value, name) {
  if (typeof value !== "string") throw damaged(`has a ${name} that is not a string`);
  return value;
}
function integer(value, name, least2 = 0, most2 = Number.MAX_SAFE_INTEGER) {
  if (!Number.isSafeInteger(value) || value < least2 || value > most2) {
    throw damaged(`has ${JSON.stringify(value)} for ${name}`);
  }
  return value;
}
function sum(numbers) {
  return numbers.reduce((total3, number) => total3 + number, 0);
}
function damaged(problem5) {
  return new CorruptArchive(`${manifestName} ${problem5}`);
}
function withEntryFile(file, name, use) {
  const fd = open2(file, name);
  try {
    const status2 = fstat(fd);
    if (!status2.isFile()) throw new CorruptArchive(`${name} is not a file`);
    return use({ fd, length: status2.size });
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
  const text4 = withEntryFile(`${directory2}/${manifestName}`, manifestName, ({ fd, length: length3 }) => {
    if (length3 > largestManifest) throw new CorruptArchive(`${manifestName} has ${length3} bytes`);
    const bytes = Buffer.alloc(length3);
    return bytes.toString("utf8", 0, read(fd, bytes, 0, length3));
  });
  return decodeManifest(text4, platform());
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

// src/cache/archive/stored-frame.ts
var largestBlock = 128 * 1024;
var headerLength2 = 9;
var blockHeaderLength = 3;
function storedLength(raw) {
  return headerLength2 + Math.ceil(raw / largestBlock) * blockHeaderLength + raw;
}

// src/cache/archive/store-shard.ts
function storedMember({ path: path82, size }) {
  return { path: path82, isDirectory: false, isExecutable: false, size, mtime: 0 };
}

// src/cache/archive/single-file.ts
var storedShards = 6;
function storedFrames(members, ends) {
  const raws = [];
  let filled = 0;
  const flush = () => {
    if (filled > 0) raws.push(filled);
    filled = 0;
  };
  const add2 = (length3) => {
    if (filled + length3 > frameSize) flush();
    for (let left = length3; left > 0; ) {
      const portion2 = Math.min(left, frameSize - filled);
      filled += portion2;
      left -= portion2;
      if (left > 0) flush();
    }
  };
  for (const member of members) add2(headerLength(member) + padded(member.size));
  if (ends) add2(endLength);
  flush();
  return raws.map((raw) => ({ raw, packed: storedLength(raw) }));
}
var skippable = { magic: 407710288, header: 8 };
var costOfStoring = 1 / 4;
async function writeSingleFile(target, content) {
  const units = [...content.units].sort((a, b) => a.name < b.name ? -1 : 1);
  const shardOf = assignShards(
    units.map(({ files }) => total2(files.map(({ size }) => size))),
    storedShards
  );
  const placed2 = units.map(
    ({ name, files }, index) => ({
      name,
      roots: files.map(({ path: path82 }) => path82),
      shard: shardOf[index] ?? 0
    })
  );
  const problem5 = unitsProblem(placed2, "any");
  if (problem5 !== void 0) throw new Error(`cannot pack: ${problem5}`);
  const parts = Array.from(
    { length: storedShards },
    (_, shard) => units.filter((_2, unit) => shardOf[unit] === shard).flatMap(({ files }) => files)
  );
  const planned = parts.map((files, index) => plannedShard(files, index));
  const manifestOf = (shards) => ({
    kind: content.kind,
    about: content.about,
    units: placed2,
    files: total2(shards.map(({ files }) => files)),
    bytes: total2(shards.map(({ bytes }) => bytes)),
    shards
  });
  const start = skippable.header + Buffer.byteLength(encodeManifest(manifestOf(planned)));
  const partial = `${target}${partialSuffix}`;
  removeIfThere(partial);
  try {
    close(createFile(partial));
    const jobs = parts.map((files, index) => {
      const at2 = start + total2(planned.slice(0, index).map(({ length: length3 }) => length3));
      return { target: partial, files, at: at2, ends: index === storedShards - 1 };
    });
    const work = total2(planned.map(({ length: length3 }) => length3)) * costOfStoring;
    const written = await runWorkers(
      Math.min(storedShards, processors()),
      work,
      () => jobs.map((data) => ({ task: "store-shard", data }))
    );
    const manifest = manifestOf(written.map((shard, index) => ({ name: shardName(index), ...shard })));
    finish(partial, target, Buffer.from(encodeManifest(manifest)), start);
    return manifest;
  } catch (error3) {
    removeIfThere(partial);
    throw error3;
  }
}
function plannedShard(files, index) {
  const frames = storedFrames(files.map(storedMember), index === storedShards - 1);
  return {
    name: shardName(index),
    length: total2(frames.map(({ packed }) => packed)),
    sha256: "0".repeat(64),
    files: files.length,
    bytes: total2(files.map(({ size }) => size)),
    frames
  };
}
function finish(partial, target, manifest, start) {
  if (manifest.length + skippable.header !== start)
    throw new Error("a written shard does not have its planned length");
  const header2 = Buffer.alloc(skippable.header);
  header2.writeUInt32LE(skippable.magic, 0);
  header2.writeUInt32LE(manifest.length, 4);
  const fd = openToWrite(partial);
  try {
    writeAt(fd, Buffer.concat([header2, manifest]), 0);
    fsync(fd);
  } finally {
    close(fd);
  }
  renamePatiently(partial, target);
}
function readSingleFile(file) {
  return withEntryFile(file, "the file", ({ fd, length: length3 }) => {
    const header2 = Buffer.alloc(skippable.header);
    const count = read(fd, header2, 0, skippable.header, 0);
    if (count < skippable.header || header2.readUInt32LE(0) !== skippable.magic)
      throw new CorruptArchive("it does not begin with a manifest");
    const size = header2.readUInt32LE(4);
    if (size > largestManifest) throw new CorruptArchive(`its manifest has ${size} bytes`);
    const bytes = Buffer.alloc(Math.min(size, length3));
    const text4 = bytes.toString("utf8", 0, read(fd, bytes, 0, bytes.length, skippable.header));
    const manifest = decodeManifest(text4, platform());
    const places = [];
    let at2 = skippable.header + size;
    for (const shard of manifest.shards) {
      places.push({ file, at: at2 });
      at2 += shard.length;
    }
    if (at2 !== length3) throw new CorruptArchive(`it has ${length3} bytes instead of ${at2}`);
    return { manifest, places, isOneTar: true };
  });
}
function total2(numbers) {
  return numbers.reduce((sum2, number) => sum2 + number, 0);
}

// src/cache/archive/unpack.ts
import { posix as posix5 } from "node:path";

// src/cache/archive/open-entry.ts
function openFolder(directory2) {
  const manifest = readManifest(directory2);
  const places = manifest.shards.map(({ name }) => ({ file: `${directory2}/${name}` }));
  return { manifest, places, bytes: entryLength(manifest), done: Promise.resolve(), stop: () => void 0 };
}

// src/cache/archive/unpack-shard.ts
import { createHash as createHash6 } from "node:crypto";

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
    const [path82, version3] = [unescapePath(escapedPath), unescapeVersion(escapedVersion)];
    return { name: moduleVersionName({ path: path82, version: version3 }), kind };
  } catch {
    return void 0;
  }
}
function treeName(root) {
  const module = moduleRoot(root);
  return module?.kind === "tree" ? module.name : void 0;
}
function hashedName(root) {
  const module = moduleRoot(root);
  if (module?.kind === "tree") return module.name;
  return module?.kind === "mod" ? "go.mod" : void 0;
}
var fuzzing = /^fuzz(?:\/[^/]+)*$/;
var testExpiry = "testexpire.txt";
function isRootOfBuildCache(path82) {
  return /^[0-9a-f]{2}$/.test(path82) || path82.startsWith("fuzz/") && fuzzing.test(path82) || path82 === testExpiry;
}

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
  return lengths.map((length3) => ({
    room: new SharedArrayBuffer(length3),
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
function copyIn({ room: room3 }, position, bytes) {
  const view = new Uint8Array(room3);
  for (let done = 0; done < bytes.length; ) {
    const at2 = (position + done) % room3.byteLength;
    const count = Math.min(bytes.length - done, room3.byteLength - at2);
    view.set(bytes.subarray(done, done + count), at2);
    done += count;
  }
}
function bytesAt({ room: room3 }, position, length3) {
  return Buffer.from(room3, position % room3.byteLength, length3);
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

// src/cache/archive/unpack-shard.ts
var room2 = Buffer.alloc(0);
var portion = 1024 * 1024;
function checkPlacedShard(place2, shard) {
  withEntryFile(place2.file, shard.name, (file) => checkShard(file, place2, shard));
}
function checkShard(file, place2, shard) {
  checkLength(file, place2, shard);
  if (hashOf(file, place2.at ?? 0, shard.length) !== shard.sha256) throw wrongHash(shard);
}
function wrongHash({ name }) {
  return new CorruptArchive(`${name} does not match its SHA-256`);
}
function checkLength(file, { at: at2 }, shard) {
  const length3 = Math.min(file.length - (at2 ?? 0), at2 === void 0 ? file.length : shard.length);
  if (length3 !== shard.length)
    throw new CorruptArchive(`${shard.name} has ${length3} bytes instead of ${shard.length}`);
}
function hashOf({ fd }, at2, length3) {
  const hash = createHash6("sha256");
  const buffer = Buffer.allocUnsafe(portion);
  for (let done = 0; done < length3; ) {
    const count = read(fd, buffer, 0, Math.min(portion, length3 - done), at2 + done);
    if (count === 0) break;
    hash.update(buffer.subarray(0, count));
    done += count;
  }
  return hash.digest("hex");
}
var maxMembers = 2e6;

// src/cache/archive/unpack.ts
var mostShare = 100;
var slack = 1024 ** 3;
function excess({ files, shards }) {
  if (files > maxMembers) return `lists ${files} files, more than the maximum of ${maxMembers}`;
  const packed = packedBytes({ shards });
  const raw = rawBytes({ shards });
  const most2 = packed * mostShare + slack;
  return raw > most2 ? `unpacks to ${raw} bytes from only ${packed}` : void 0;
}
function rawBytes({ shards }) {
  return shards.flatMap(({ frames }) => frames).reduce((sum2, frame) => sum2 + frame.raw, 0);
}
function packedBytes({ shards }) {
  return shards.reduce((sum2, shard) => sum2 + shard.length, 0);
}
function shortage({ files, bytes }, room3) {
  if (bytes > room3.bytes) return `it needs ${bytes} bytes, but only ${room3.bytes} are free`;
  if (room3.files !== void 0 && files > room3.files)
    return `it needs ${files} files, but the file system has room for only ${room3.files}`;
  return void 0;
}
var NotEnoughSpace = class extends ActionError {
  constructor(message) {
    super("not-enough-space", message);
  }
};
async function unpackEntry(request) {
  const seconds2 = elapsed();
  const { directory: directory2, stage, readOnly, mtimeSeconds, verifyBuildObjects = false } = request;
  const entry = typeof directory2 === "string" ? openFolder(directory2) : directory2;
  const { manifest, places } = entry;
  const { units, shards, omitted = 0 } = manifest;
  const skipRoots = new Set(request.skipRoots);
  const writableRoots = new Set(request.writableRoots);
  const problem5 = excess(manifest);
  if (problem5 !== void 0) throw new CorruptArchive(`${manifestName} ${problem5}`);
  const wanted = units.flatMap((unit) => unit.roots).filter((root) => !skipRoots.has(root));
  const parents = new Set(wanted.map(posix5.dirname));
  if ([...parents].reduce((sum2, parent) => sum2 + parent.split("/").length, 0) > maxMembers)
    throw new CorruptArchive(`${manifestName} needs more than ${maxMembers} directories`);
  ensureEmptyDirectory(stage);
  const shortfall = skipRoots.size === 0 ? shortage(manifest, freeSpaceAt(stage)) : void 0;
  if (shortfall !== void 0) throw new NotEnoughSpace(`not enough disk space in ${stage}: ${shortfall}`);
  const threads = Math.min(shards.length, processors(), request.threads ?? shards.length);
  const work = estimateWork({
    files: manifest.files,
    bytes: Math.max(rawBytes(manifest), packedBytes(manifest))
  });
  if ("done" in entry && !isWorthThreads(work)) await entry.done;
  const makeJobs = () => {
    for (const parent of parents) ensureDirectory(`${stage}/${parent}`);
    return shards.map((shard, index) => {
      const roots = units.filter((unit) => unit.shard === index).flatMap((unit) => unit.roots);
      const data = {
        ...{ shard, stage, roots, mtimeSeconds, verifyBuildObjects, digests: request.digests === true },
        isVerified: request.isVerified === true,
        place: places[index],
        ends: !("isOneTar" in entry) || index === shards.length - 1,
        skipRoots: roots.filter((root) => skipRoots.has(root)),
        readOnlyRoots: roots.filter((root) => readOnly && !writableRoots.has(root)),
        hashedRoots: roots.flatMap((root) => {
          const name = request.hashedRoots?.get(root);
          return name === void 0 ? [] : [[root, name]];
        }),
        hashedZips: roots.filter((root) => request.hashedZips?.has(root))
      };
      return { task: "unpack-shard", data };
    });
  };
  const unpacked = await runWorkers(threads, work, makeJobs, request.seconds).catch((error3) => {
    throw hasCode(error3, "corrupt-archive") ? new CorruptArchive(error3.message) : error3;
  });
  const results = unpacked;
  const total3 = (field2) => results.reduce((sum2, shard) => sum2 + shard[field2], 0);
  return {
    files: total3("files"),
    bytes: total3("bytes"),
    dropped: total3("dropped"),
    omitted,
    hashes: new Map(results.flatMap(({ hashes: hashes3 }) => hashes3)),
    digests: new Map(results.flatMap(({ digests }) => digests)),
    units,
    seconds: seconds2()
  };
}

// src/cache/cache.ts
import * as path32 from "node:path";

// src/gofiles/go-sum.ts
import { createHash as createHash7 } from "node:crypto";
function recordedSums(sums) {
  return {
    trees: collect2(sums.flatMap(({ trees }) => trees)),
    goMods: collect2(sums.flatMap(({ goMods }) => goMods))
  };
}
function collect2(lines2) {
  const hashes3 = /* @__PURE__ */ new Map();
  for (const line of lines2) {
    const name = moduleVersionName(line);
    hashes3.set(name, (hashes3.get(name) ?? /* @__PURE__ */ new Set()).add(line.h1));
  }
  return hashes3;
}
function encodeSums({ trees, goMods }) {
  const encode = (hashes3) => [...hashes3].map(([name, h1s]) => [name, [...h1s]]);
  return { trees: encode(trees), goMods: encode(goMods) };
}
var GO_MOD_SUFFIX = "/go.mod";
var EMPTY_GO_MOD_HASH = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";
function parseGoSum(text4, file) {
  const trees = [];
  const goMods = [];
  for (const [index, content] of text4.split("\n").entries()) {
    refuseConflictMarker(content, file, index + 1);
    const fields = splitFields(content);
    const [path82, version3, h1] = fields;
    if (path82 === void 0) continue;
    if (version3 === void 0 || h1 === void 0 || fields.length !== 3) {
      const problem5 = `expected module, version and hash, found ${fields.length} field(s): run go mod tidy`;
      throw new GoFileError(file, index + 1, problem5);
    }
    if (!h1.startsWith("h1:") || h1 === EMPTY_GO_MOD_HASH) continue;
    if (version3.endsWith(GO_MOD_SUFFIX)) {
      goMods.push({ path: path82, version: version3.slice(0, -GO_MOD_SUFFIX.length), h1 });
    } else trees.push({ path: path82, version: version3, h1 });
  }
  return { trees, goMods };
}
function sumsDigest(sums) {
  const lines2 = sums.flatMap(({ trees, goMods }) => [
    ...trees.map(({ path: path82, version: version3, h1 }) => `${path82} ${version3} ${h1}
`),
    ...goMods.map(({ path: path82, version: version3, h1 }) => `${path82} ${version3}/go.mod ${h1}
`)
  ]);
  return createHash7("sha256").update([...new Set(lines2)].sort().join("")).digest("hex");
}

// src/gofiles/module-changes.ts
function compareModules(before, after) {
  const [earlier, later] = [new Set(before), new Set(after)];
  const removedVersions = versionsByPath([...earlier].filter((name) => !later.has(name)));
  const addedVersions = versionsByPath([...later].filter((name) => !earlier.has(name)));
  const changed = [];
  const [added, removed] = [[], []];
  for (const path82 of [.../* @__PURE__ */ new Set([...removedVersions.keys(), ...addedVersions.keys()])].sort()) {
    const [from = [], to = []] = [removedVersions.get(path82), addedVersions.get(path82)];
    if (from.length === 1 && to.length === 1) changed.push({ path: path82, from: from[0] ?? "", to: to[0] ?? "" });
    else {
      removed.push(...from.map((version3) => `${path82}@${version3}`));
      added.push(...to.map((version3) => `${path82}@${version3}`));
    }
  }
  return { added, removed, changed };
}
function versionsByPath(names) {
  const byPath2 = /* @__PURE__ */ new Map();
  for (const name of names.toSorted()) {
    const { path: path82, version: version3 } = splitModuleVersion(name);
    byPath2.set(path82, [...byPath2.get(path82) ?? [], version3]);
  }
  return byPath2;
}

// src/cache/entries.ts
import * as path13 from "node:path";

// src/cache/key.ts
import { createHash as createHash9 } from "node:crypto";

// src/cache/module-graph.ts
import { createHash as createHash8 } from "node:crypto";

// src/gofiles/requirements.ts
function requiredPaths(root) {
  const isComplete = root.modules.every(({ goMod }) => compareGoVersions(goMod.go ?? "1.16", "1.17") >= 0);
  if (!isComplete) return void 0;
  return new Set(root.modules.flatMap(({ goMod }) => goMod.require.map((one) => one.path)));
}
function hashedTrees(root) {
  return new Set(sumsOf(root).flatMap((sum2) => sum2.trees.map(moduleVersionName)));
}
function hasNoSums(root) {
  return hasDependencies(root) && sumsOf(root).every(({ isMissing }) => isMissing);
}
function neededTrees(root) {
  const hashed2 = hashedTrees(root);
  if (requiredPaths(root) === void 0) return [...hashed2];
  return requiredTrees(root).filter((name) => hashed2.has(name));
}
function modulesWithoutSum(root) {
  if (root.goWork !== void 0 || requiredPaths(root) === void 0) return [];
  const goMods = new Set(sumsOf(root).flatMap((sum2) => sum2.goMods.map(moduleVersionName)));
  const hashed2 = hashedTrees(root);
  return requiredTrees(root).filter((name) => !hashed2.has(name) || !goMods.has(name));
}
function resolvedRequirements(root) {
  const replacements = [
    ...root.goWork?.replace ?? [],
    ...root.modules.flatMap(({ goMod }) => goMod.replace)
  ];
  return root.modules.flatMap(
    ({ goMod }) => goMod.require.map((required2) => {
      const replacement = replacementOf(required2, replacements);
      return { ...required2, replacement, fetched: fetchedName(required2, replacement) };
    })
  );
}
function requiredTrees(root) {
  return [...new Set(resolvedRequirements(root).flatMap(({ fetched }) => fetched ?? []))];
}
function fetchedName(required2, replacement) {
  if (replacement === void 0) return moduleVersionName(required2);
  const { newPath, newVersion } = replacement;
  if (newVersion === void 0 || isLocalReplacement(newPath)) return void 0;
  return moduleVersionName({ path: newPath, version: newVersion });
}
function replacementOf(required2, replacements) {
  const ofPath = replacements.filter((one) => one.path === required2.path);
  return ofPath.find((one) => one.version === required2.version) ?? ofPath.find((one) => one.version === void 0);
}

// src/cache/module-graph.ts
function moduleGraphLines(files) {
  const { goMods, goWorks, goSums } = files;
  const lines2 = [
    ...goSums.flatMap(({ trees }) => trees.map(({ path: path82, version: version3, h1 }) => ["sum", path82, version3, h1])),
    ...goMods.flatMap((goMod) => [
      ...goMod.require.map(({ path: path82, version: version3 }) => ["require", path82, version3]),
      ...goMod.exclude.map(({ path: path82, version: version3 }) => ["exclude", path82, version3]),
      ...goMod.replace.map(replaceFields),
      ...goMod.tool.map((path82) => ["tool", path82])
    ]),
    ...goWorks.flatMap((goWork) => goWork.replace.map(replaceFields))
  ];
  return [...new Set(lines2.map((fields) => JSON.stringify(fields)))].sort();
}
function moduleGraphHash(files) {
  return createHash8("sha256").update(moduleGraphLines(files).join("\n")).digest("hex");
}
function graphFilesOf(roots) {
  return {
    goMods: roots.flatMap((root) => root.modules.map((module) => module.goMod)),
    goWorks: roots.flatMap((root) => root.goWork ?? []),
    goSums: roots.flatMap(sumsOf)
  };
}
function downloadedFilesOf(roots) {
  const withoutLocal = ({ replace: replace2 }) => replace2.filter(({ newPath, newVersion }) => newVersion !== void 0 || !isLocalReplacement(newPath));
  return {
    goMods: roots.flatMap((root) => {
      const inCheckout = requirementsInCheckout(root);
      return root.modules.map(({ goMod }) => ({
        ...goMod,
        require: goMod.require.filter((one) => !inCheckout.has(moduleVersionName(one))),
        replace: withoutLocal(goMod)
      }));
    }),
    goWorks: roots.flatMap(
      ({ goWork }) => goWork === void 0 ? [] : [{ ...goWork, replace: withoutLocal(goWork) }]
    ),
    goSums: roots.flatMap(sumsOf)
  };
}
function requirementsInCheckout(root) {
  const members = new Set(root.goWork === void 0 ? [] : root.modules.map(({ goMod }) => goMod.module));
  const local = resolvedRequirements(root).filter(
    ({ path: path82, replacement, fetched }) => members.has(path82) || replacement !== void 0 && fetched === void 0
  );
  return new Set(local.map(moduleVersionName));
}
function replaceFields({ path: path82, version: version3 = "", newPath, newVersion = "" }) {
  return ["replace", path82, version3, newPath, newVersion];
}

// src/cache/key.ts
var separator = "-";
var incomplete = ".part";
var jobResult = { name: "job result", value: "success", of: "result of the job that saved it" };
function makeKey(parts, required2) {
  for (const part of parts) {
    if (!/^[a-z0-9._]+$/.test(part.value)) throw new RangeError(`key part ${part.name} is "${part.value}"`);
  }
  const full = joined(parts);
  if (full.length > 400) throw new RangeError(`the key has ${full.length} characters`);
  const fallbacks = [];
  for (let count = parts.length - 1; count >= required2; count--) {
    fallbacks.push(`${joined(parts.slice(0, count))}${separator}`);
  }
  return { parts, full, fallbacks: fallbacks.slice(0, 8) };
}
function matchKey(key, matched) {
  const actual = matched.split(separator);
  const isIncomplete = actual[0] === `${key.parts[0]?.value}${incomplete}`;
  if (isIncomplete) return { kind: "partial", differs: jobResult, actual: "failed" };
  for (const [index, part] of key.parts.entries()) {
    if (actual[index] !== part.value) return { kind: "partial", differs: part, actual: actual[index] ?? "" };
  }
  return { kind: "exact" };
}
function matchesRequest(requested, returned) {
  return returned.length <= 512 && /^[a-z0-9._-]+$/.test(returned) && requested.some((prefix3) => returned.startsWith(prefix3));
}
function unrequestedText(returned) {
  return `the cache service returned an entry that was not requested: ${JSON.stringify(returned.slice(0, 100))}`;
}
function rollingPrefixes({ full, fallbacks }) {
  return [keyWithDigest(full, ""), ...fallbacks];
}
function incompleteKey(full) {
  const [first = "", ...others] = full.split(separator);
  return [`${first}${incomplete}`, ...others].join(separator);
}
function withIncompleteFallback(key) {
  const last = key.fallbacks.at(-1);
  return last === void 0 ? key : { ...key, fallbacks: [...key.fallbacks, incompleteKey(last)] };
}
function keyWithDigest(full, digest) {
  return `${full}${separator}${digest}`;
}
function shortHash(values) {
  return createHash9("sha256").update(JSON.stringify(values)).digest("hex").slice(0, 12);
}
function keyText(text4) {
  return text4.toLowerCase().replaceAll(/[^a-z0-9._]+/g, "_") || "none";
}
function joined(parts) {
  return parts.map((part) => part.value).join(separator);
}
var schema2 = {
  modules: "godeps.modules.v1",
  build: "godeps.build.v1",
  toolchain: "godeps.toolchain.v1"
};
function noCacheDirectory(name) {
  return `Go has no directory for it: set ${name} or HOME`;
}
function leadingParts(kind, extra) {
  const first = { name: "schema", value: schema2[kind], of: "layout of the entry" };
  if (extra !== "") return [first, hashed("cache-key", [extra], "input `cache-key`")];
  return kind === "modules" ? [first, { name: "cache-key", value: "none", of: "no input `cache-key`" }] : [first];
}
function graphPart(files) {
  const hash = moduleGraphHash(files);
  return {
    name: "module graph",
    value: hash.slice(0, 16),
    of: "parsed content of go.sum, go.mod and go.work"
  };
}
function hashed(name, values, of) {
  return { name, value: shortHash(values), of };
}

// src/cache/outcomes.ts
var nothing = {
  matched: "",
  files: 0,
  bytes: 0,
  seconds: 0,
  error: "",
  unreachable: false,
  corrupt: false
};
function cacheMiss(error3 = "", how = {}) {
  return { ...nothing, found: "miss", alreadyCached: false, error: error3, ...how };
}
function alreadyCached(found) {
  return { ...nothing, found, alreadyCached: true };
}
var mostShown = 5;
var CorruptModules = class extends ActionError {
  /**
   * @param wrong the corrupt parts
   * @param key the entry's key
   * @param command the command that deletes the entry
   */
  constructor(wrong, key, command) {
    super(
      "corrupt-modules",
      `${corruptText(wrong, key)} No corrupt module was used. The step fails because \`on-corrupt\` is \`fail\`. Find out who could write that entry, delete it with \`${command}\`, and rerun the job.`
    );
  }
};
function corruptWarning(wrong, key) {
  return `${corruptText(wrong, key)} No corrupt module was used: they are downloaded again, and the entry is replaced. See SECURITY.md of go-deps-action for possible causes.`;
}
function corruptLines(wrong) {
  return wrong.map((one) => `discarded: ${describe2(one)}`);
}
function corruptText(wrong, key) {
  const names = new Set(wrong.map(({ name }) => name));
  const list6 = firstLinesOf(wrong.map(describe2), mostShown);
  const count = names.size === 1 ? "1 restored module does" : `${names.size} restored modules do`;
  return `${count} not match the recorded hashes: ${list6.join("; ")}. The entry is ${key}.`;
}
function describe2({ name, part, expected, found }) {
  return `${name}, its ${part}: recorded ${expected}, found ${found}`;
}
function cacheWarning(outcomes) {
  const errors = new Set(outcomes.map((outcome) => outcome?.error ?? "").filter((error3) => error3 !== ""));
  if (errors.size === 0) return void 0;
  return `The cache did not work, and the job continues without it: ${[...errors].join("; ")}`;
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
function secondsText(seconds2) {
  return `${seconds2.toFixed(seconds2 < 10 ? 1 : 0)} s`;
}
function rateText({ bytes, seconds: seconds2 }) {
  return `${bytesText(Math.round(bytes / Math.max(seconds2, 1e-3)))}/s`;
}
function percentText(part, all) {
  if (part > 0 && part * 100 < all) return "under 1 %";
  return `${Math.floor(part * 100 / all)} %`;
}

// src/cache/entries.ts
function writeAccess() {
  let known = "unknown";
  let pending;
  return {
    enter: async () => {
      while (known === "unknown" && pending !== void 0) await pending;
      if (known === "denied") return void 0;
      const { promise, resolve: resolve19 } = Promise.withResolvers();
      pending = promise;
      const end = (result) => {
        if (known === "unknown") known = result;
        pending = void 0;
        resolve19();
      };
      return { granted: () => end("granted"), denied: () => end("denied"), ended: () => end("unknown") };
    }
  };
}
var EntryNotApplicable = class extends ActionError {
  constructor(message) {
    super("entry-not-applicable", message);
  }
};
async function restoreEntry({ store: store2, folder }, key, install3) {
  if (store2.unavailable !== void 0) return cacheMiss(store2.unavailable, { unreachable: true });
  const seconds2 = elapsed();
  const scratch2 = makePrivateDirectory(path13.join(folder, "restore-"));
  let entry;
  try {
    const prefixes = rollingPrefixes(key);
    const answer = await store2.restore(key.full, prefixes, path13.join(scratch2, "entry"));
    if (answer.kind === "failed")
      return { ...cacheMiss(answer.why, { unreachable: true }), seconds: seconds2() };
    if (answer.kind === "corrupt") return { ...unusable(answer.why), seconds: seconds2() };
    if (answer.kind === "nothing") {
      return { ...cacheMiss(answer.message, { unreachable: answer.message !== "" }), seconds: seconds2() };
    }
    entry = answer.entry;
    if (!matchesRequest([key.full, ...prefixes], answer.key)) {
      return { ...cacheMiss(unrequestedText(answer.key)), seconds: seconds2() };
    }
    const { files } = await install3(entry, answer.key);
    await entry.done;
    return {
      found: matchKey(key, answer.key).kind,
      matched: answer.key,
      alreadyCached: false,
      files,
      bytes: entry.bytes,
      seconds: seconds2(),
      ...answer.figures === void 0 ? {} : { transfer: answer.figures() },
      error: "",
      unreachable: false,
      corrupt: false
    };
  } catch (error3) {
    entry?.stop();
    const failure = await transferFailure(entry, error3);
    if (failure !== void 0) return { ...cacheMiss(failure, { unreachable: true }), seconds: seconds2() };
    const { message } = error3;
    const isWhole = hasCode(error3, "entry-not-applicable", "not-enough-space", "worker-timeout") || isMachineError(error3);
    const outcome = isWhole ? cacheMiss(`the entry could not be installed: ${message}`) : unusable(message);
    return { ...outcome, seconds: seconds2() };
  } finally {
    entry?.stop();
    removeIfPossible(scratch2);
  }
}
async function transferFailure(entry, error3) {
  const failure = await entry?.done.then(
    () => void 0,
    (reason3) => reason3
  );
  const isCause = failure === error3 || hasCode(error3, "ring-failed");
  return failure === void 0 || !isCause ? void 0 : failure.message;
}
function unusable(why) {
  return cacheMiss(`the entry could not be used: ${why}`, { corrupt: true });
}

// src/cache/gocache/key.ts
import * as path14 from "node:path";
var volatileParts = ["module graph", "source"];
function jobKindHash({ parts }, repository) {
  const stable = parts.filter(({ name }) => !volatileParts.includes(name));
  return shortHash([repository, ...stable.map(({ value }) => value)]);
}
function jobHash({ repository, run: run2, identity }) {
  return shortHash([repository, run2, identity.workflow, identity.id, identity.matrix]);
}
function planBuildCache(inputs, facts) {
  if (!inputs["cache-build"]) return { wanted: false, why: "input `cache-build` is false" };
  const { env, compiler } = facts.go;
  if (!path14.isAbsolute(env.GOCACHE ?? "")) return { wanted: false, why: noCacheDirectory("GOCACHE") };
  if (hasCacheProgram(facts)) return { wanted: false, why: "GOCACHEPROG is set" };
  const variables = [...buildVariables, ...compilerVariables].map((name) => [name, env[name] ?? ""]);
  const { image, identity } = facts;
  const required2 = [
    ...leadingParts("build", inputs["cache-key"]),
    {
      name: "system",
      value: keyText(`${image.system}.${image.release}`),
      of: "operating system, release, libc"
    },
    { name: "architecture", value: keyText(image.arch), of: "architecture of the runner" },
    { name: "go", value: keyText(buildGoVersion(facts)), of: "effective Go version" },
    hashed("environment", [...variables.flat(), compiler], "go env and the C compiler")
  ];
  const parts = [
    ...required2,
    pathsPart(facts),
    hashed("job", [identity.workflow, identity.id, identity.matrix], "workflow, job and matrix"),
    graphPart(graphFilesOf(facts.roots)),
    hashed("source", facts.source, "checked-out source")
  ];
  return { wanted: true, key: makeKey(parts, required2.length), why: "builds reuse compiled packages" };
}
function hasCacheProgram(facts) {
  const { GOCACHEPROG = "", GOEXPERIMENT = "" } = facts.go.env;
  if (GOCACHEPROG === "") return false;
  return compareGoVersions(buildGoVersion(facts), "1.24") >= 0 || GOEXPERIMENT.split(",").includes("cacheprog");
}
function pathsPart({ go: go2, workspace }) {
  if (hasGoFlag(go2.env.GOFLAGS ?? "", "trimpath")) {
    return { name: "paths", value: "trimpath", of: "-trimpath in GOFLAGS: paths have no effect" };
  }
  const paths = [workspace, go2.env.GOMODCACHE ?? "", go2.env.GOROOT ?? ""];
  return hashed("paths", paths, "directories of the checkout, GOMODCACHE and GOROOT");
}

// src/cache/gocache/restore.ts
import * as path21 from "node:path";

// src/cache/stage.ts
import * as path15 from "node:path";
var stagePrefix = ".go-deps-action-";
var maxUnpackSeconds = 600;
var stale = 2 * 60 * 60 * 1e3;
async function withStage(directory2, work) {
  const stage = makePrivateDirectory(path15.join(directory2, stagePrefix));
  const release2 = onExit(() => removeIfPossible(stage));
  try {
    return await work(stage);
  } finally {
    release2();
    removeIfPossible(stage);
  }
}
function removeStaleStages(directory2) {
  for (const entry of entriesOf(directory2)) {
    if (!entry.name.startsWith(stagePrefix)) continue;
    const stage = path15.join(directory2, entry.name);
    if (now() - (lstat2(stage)?.mtimeMs ?? now()) > stale) removeIfPossible(stage);
  }
}

// src/cache/gocache/listing.ts
import { Buffer as Buffer2 } from "node:buffer";

// src/testcache/repositories.ts
import * as path18 from "node:path";

// src/platform/git.ts
import * as path17 from "node:path";

// src/platform/temp-dirs.ts
import { createHash as createHash10 } from "node:crypto";
import { accessSync as accessSync3, constants as constants7, mkdirSync as mkdirSync3, mkdtempSync as mkdtempSync2, realpathSync as realpathSync2 } from "node:fs";
import * as os7 from "node:os";
import * as path16 from "node:path";
function temporaryFolder() {
  const { RUNNER_TEMP: given = "" } = processEnv();
  return temporaryFault() === void 0 && given !== "" ? realpathSync2(given) : systemFolder();
}
function temporaryFault() {
  const { RUNNER_TEMP: given = "" } = processEnv();
  return given === "" ? void 0 : folderFault(given);
}
var jobFolderPrefix = "go-deps-action-";
function makeJobDir() {
  return mkdtempSync2(path16.join(jobDirParent(), jobFolderPrefix));
}
function jobDirParent() {
  const folder = temporaryFolder();
  if (!/\s/.test(folder)) return folder;
  const other = systemFolder();
  return /\s/.test(other) ? folder : other;
}
function systemFolder() {
  const folders = [os7.tmpdir(), ...process.platform === "win32" ? [] : ["/tmp"], homeFolder(processEnv())];
  return realpathSync2(
    folders.find((folder) => folder !== "" && folderFault(folder) === void 0) ?? os7.tmpdir()
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
function workspaceFolder(variables) {
  const folder = variables.GITHUB_WORKSPACE;
  return path16.resolve(folder === void 0 || folder === "" ? process.cwd() : folder);
}
function homeFolder(variables) {
  const folder = variables[process.platform === "win32" ? "USERPROFILE" : "HOME"] ?? os7.homedir();
  return path16.isAbsolute(folder) ? folder : "";
}
function jobIdentity() {
  const names = [
    "RUNNER_TRACKING_ID",
    "GITHUB_REPOSITORY",
    "GITHUB_RUN_ID",
    "GITHUB_RUN_ATTEMPT",
    "GITHUB_JOB"
  ];
  const variables = processEnv();
  const parts = names.map((name) => variables[name] ?? "");
  return createHash10("sha256").update(parts.join("\n")).digest("hex").slice(0, 12);
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
function runGit(directory2, args, variables) {
  const bare = bareRepositoryAt(directory2, variables);
  if (bare !== void 0) {
    const stderr = `${bare} looks like a bare repository, whose settings are not trusted`;
    return Promise.resolve({ code: 128, stdout: "", stderr, seconds: 0 });
  }
  const limits = limitsFor(directory2, variables);
  return run("git", [...commonArgs, ...limits.args, ...args], {
    cwd: directory2,
    variables: withVariables(variables, { ...commonVariables, ...limits.variables })
  });
}
function gitOutside(directory2, args, variables) {
  return run("git", [...commonArgs, ...args], {
    cwd: directory2,
    variables: withVariables(variables, {
      ...commonVariables,
      GIT_DIR: path17.join(directory2, "no-repository")
    })
  });
}
function limitsFor(directory2, variables) {
  const workspace = realPath(workspaceFolder(variables));
  if (!isWithin(workspace, realPath(directory2))) return { args: [], variables: {} };
  const args = ["-c", "safe.directory=*"];
  const isNamed = (variables.GITHUB_WORKSPACE ?? "") !== "";
  return { args, variables: isNamed ? { GIT_CEILING_DIRECTORIES: path17.dirname(workspace) } : {} };
}
function bareRepositoryAt(directory2, variables) {
  if ((variables.GIT_DIR ?? "") !== "") return void 0;
  const has2 = (folder, name) => lstat2(path17.join(folder, name)) !== void 0;
  for (let folder = realPath(directory2); ; folder = path17.dirname(folder)) {
    if (has2(folder, ".git")) return void 0;
    if (has2(folder, "HEAD") && (has2(folder, "objects") || has2(folder, "commondir"))) return folder;
    if (path17.dirname(folder) === folder) return void 0;
  }
}
async function trackedFiles(directory2, name, variables) {
  const listed3 = await git2(directory2, ["ls-files", "-z", "--", name, `*/${name}`], variables);
  return listed3?.split("\0").filter((file) => file !== "");
}
async function checkedOut(directory2, variables) {
  const [tree, changes] = await Promise.all([
    git2(directory2, ["rev-parse", "HEAD^{tree}"], variables),
    git2(directory2, ["diff", "HEAD", "--binary", "--no-color", "--no-ext-diff", "--no-textconv"], variables)
  ]);
  return tree === void 0 || changes === void 0 ? void 0 : [tree.trim(), changes];
}
var maxQueried = 100;
async function ignoredFiles(directory2, files, variables) {
  if (files.length === 0) return [];
  const listed3 = await git2(directory2, ["check-ignore", "--", ...files.slice(0, maxQueried)], variables);
  return listed3?.split("\n").filter((file) => file !== "") ?? [];
}
async function indexEntries(directory2, variables) {
  const ran = await runGit(directory2, ["ls-files", "-z", "-s", "-v"], variables);
  if (ran?.code !== 0) return { kind: "no-git", why: failureOf(ran) };
  const records = ran.stdout.split("\0").filter((record2) => record2 !== "");
  return { kind: "listed", entries: records.map(indexEntry) };
}
function indexEntry(record2) {
  const tab = record2.indexOf("	");
  const [tag, mode = "", id = "", stage] = record2.slice(0, tab).split(" ");
  return { path: record2.slice(tab + 1), mode, id, watched: tag === "H" && stage === "0" };
}
async function unsureFiles(directory2, variables) {
  const ownFilter = ["filter=lfs", "-filter", "!filter"].map((attribute) => `:(exclude,attr:${attribute})`);
  const [changed, filtered] = await Promise.all([
    git2(
      directory2,
      ["diff-files", "-z", "--name-only", "--relative", "--no-renames", "--ignore-submodules=all"],
      variables
    ),
    git2(directory2, ["ls-files", "-z", "--", ".", ...ownFilter], variables)
  ]);
  if (changed === void 0 || filtered === void 0) return void 0;
  return new Set(`${changed}${filtered}`.split("\0").filter((file) => file !== ""));
}
async function refreshIndex(directory2, variables) {
  const ran = await runGit(directory2, ["update-index", "-q", "--refresh"], variables);
  if (ran !== void 0 && ran.code <= 1) return void 0;
  return ran?.stderr.trim() === "" ? "git cannot write its index" : failureOf(ran);
}
async function writePatch(directory2, folders, file, scratch2, variables) {
  const objects = await git2(directory2, ["rev-parse", "--git-path", "objects"], variables);
  const isolated = withVariables(variables, {
    GIT_INDEX_FILE: path17.join(scratch2, "index"),
    GIT_OBJECT_DIRECTORY: path17.join(scratch2, "objects"),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: path17.resolve(directory2, objects?.trim() ?? "")
  });
  const diffOptions = [
    "--binary",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--no-relative"
  ];
  const prefixes = ["--src-prefix=a/", "--dst-prefix=b/"];
  for (const args of [
    ["read-tree", "HEAD"],
    ["add", "--force", "--all", "--", ...folders],
    ["diff", "--cached", ...diffOptions, ...prefixes, `--output=${file}`, "HEAD", "--", ...folders]
  ]) {
    const ran = await runGit(directory2, args, isolated);
    if (ran?.code !== 0) return failureOf(ran);
  }
  return void 0;
}
async function configuredPath(key, directory2, variables) {
  const ran = await gitOutside(directory2, ["config", "--type=path", "--get", key], variables);
  const file = ran?.code === 0 ? ran.stdout.replace(/\r?\n$/, "") : "";
  return file === "" ? void 0 : path17.normalize(file);
}
async function gitSettings(directory2, pattern, variables) {
  const args = ["config", "--null", "--get-regexp", pattern];
  const ran = await runGit(directory2, args, variables);
  if (ran?.code === 0) return ran.stdout;
  return (ran === void 0 || ran.code === 1 ? void 0 : await gitOutside(directory2, args, variables))?.stdout ?? "";
}
async function git2(directory2, args, variables) {
  const ran = await runGit(directory2, args, variables);
  return ran?.code === 0 ? ran.stdout : void 0;
}
function failureOf(ran) {
  if (ran === void 0) return "git is not on PATH";
  const line = ran.stderr.split(/\r?\n/).find((text4) => text4.trim() !== "");
  return line?.replace(/^(?:fatal|error): /, "") ?? `git ended with exit code ${ran.code}`;
}

// src/testcache/repositories.ts
async function findRepositories(workspace, directories, variables, isNeeded = () => true) {
  const found = /* @__PURE__ */ new Map();
  const failures = [];
  const visit = async (prefix3) => {
    const root = path18.join(workspace, prefix3.slice(0, -1));
    if (found.has(prefix3) || realPath(root) !== path18.join(realPath(workspace), path18.relative(workspace, root)))
      return;
    const index = await indexEntries(root, variables);
    if (index.kind === "no-git") {
      failures.push(index.why);
      return;
    }
    found.set(prefix3, { root, prefix: prefix3, entries: index.entries });
    for (const { mode, path: place2 } of index.entries) {
      if (mode === "160000" && isNeeded(`${prefix3}${place2}/`) && lstat2(path18.join(root, place2, ".git")))
        await visit(`${prefix3}${place2}/`);
    }
  };
  for (const prefix3 of /* @__PURE__ */ new Set(["", ...directories.map((directory2) => repositoryOf(directory2, workspace))]))
    await visit(prefix3);
  const [why] = failures;
  return found.size === 0 && why !== void 0 ? { kind: "no-git", why } : { kind: "found", repositories: [...found.values()] };
}
function repositoryOf(directory2, workspace) {
  for (let at2 = directory2; ; at2 = path18.dirname(at2)) {
    const relative12 = path18.relative(workspace, at2).replaceAll(path18.sep, "/");
    if (relative12 === "" || relative12.startsWith("..") || path18.isAbsolute(relative12)) return "";
    if (lstat2(path18.join(at2, ".git")) !== void 0) return `${relative12}/`;
  }
}
function trackedTree(repositories) {
  const files = /* @__PURE__ */ new Map();
  const directories = /* @__PURE__ */ new Set();
  const markers = /* @__PURE__ */ new Set();
  for (const { root, prefix: prefix3, entries: entries2 } of repositories) {
    if (lstat2(path18.join(root, ".git")) !== void 0) markers.add(`${prefix3}.git`);
    directories.add(prefix3.slice(0, -1));
    for (const entry of entries2) {
      const place2 = `${prefix3}${entry.path}`;
      if (entry.mode === "160000") directories.add(place2);
      else files.set(place2, entry);
      for (let above = parentOf(place2); !directories.has(above); above = parentOf(above))
        directories.add(above);
    }
  }
  return { files, directories, markers };
}
function parentOf(place2) {
  return place2.slice(0, Math.max(place2.lastIndexOf("/"), 0));
}

// src/testcache/stable-mtimes.ts
import { createHash as createHash11 } from "node:crypto";
import * as path19 from "node:path";
var earliest = 315532800;
var schema3 = 1;
function mtimeOfBlob(blobId) {
  return earliest + Math.floor(Number.parseInt(blobId.slice(0, 13), 16) / 4) / 2 ** 21;
}
function mtimeOfContent(content) {
  return mtimeOfBlob(createHash11("sha256").update("content\0").update(content).digest("hex"));
}
function mtimeOfEntries(entries2) {
  const lines2 = entries2.map(({ name, kind }) => `${kind}\0${name}\0`).sort();
  return mtimeOfBlob(createHash11("sha256").update("directory\0").update(lines2.join("")).digest("hex"));
}
function listDigest(paths) {
  const text4 = [...new Set(paths)].sort().join("\0");
  return createHash11("sha256").update(`${schema3}\0${text4}`).digest("hex").slice(0, 16);
}
async function setStableMtimes(workspace, paths, directories, variables) {
  const isNeeded = (prefix3) => paths.some((place2) => `${place2}/`.startsWith(prefix3));
  const found = await findRepositories(workspace, directories, variables, isNeeded);
  if (found.kind === "no-git") return found;
  const { usable, uncertain, why } = await findChanges(
    paths.length === 0 ? [] : found.repositories,
    variables
  );
  if (usable.length === 0 && why !== void 0) return { kind: "no-git", why };
  const tree = trackedTree(usable);
  const wanted = wantedOf(paths, tree, workspace);
  const isReal = realDirectories(workspace);
  const setStable = (place2, seconds2) => seconds2 !== void 0 && setMtime(path19.join(workspace, place2), seconds2);
  const files = wanted.files.filter((place2) => {
    const entry = tree.files.get(place2);
    return entry?.watched && !uncertain.has(place2) && setStable(place2, mtimeOfBlob(entry.id));
  });
  const stable = wanted.directories.filter(
    (place2) => isReal(place2) && setStable(place2, timeOfDirectory(path19.join(workspace, place2)))
  );
  for (const { root } of usable) await refreshIndex(root, variables);
  const reset = await resetChangedFiles(usable, files, workspace, variables);
  const markers = wanted.markers.filter(
    (place2) => setStable(place2, timeOfMarker(path19.join(workspace, place2)))
  );
  const counts = { files: files.length - reset, directories: stable.length + markers.length };
  const done = counts.files + counts.directories;
  const all = wanted.files.length + wanted.directories.length + wanted.markers.length;
  return {
    kind: "stable",
    ...counts,
    skipped: all - done,
    digest: done === 0 && paths.length > 0 ? "" : listDigest(paths)
  };
}
async function findChanges(repositories, variables) {
  const usable = [];
  const uncertain = /* @__PURE__ */ new Set();
  const failures = [];
  for (const repository of repositories) {
    const failure = await refreshIndex(repository.root, variables);
    const changes = failure === void 0 ? await unsureFiles(repository.root, variables) : void 0;
    if (changes === void 0) failures.push(failure ?? "git cannot determine which files changed");
    else {
      usable.push(repository);
      for (const file of changes) uncertain.add(`${repository.prefix}${file}`);
    }
  }
  const [why] = failures;
  return { usable, uncertain, ...why === void 0 ? {} : { why } };
}
async function resetChangedFiles(repositories, files, workspace, variables) {
  const changed = /* @__PURE__ */ new Set();
  for (const { root, prefix: prefix3, entries: entries2 } of repositories) {
    const all = () => entries2.map((entry) => entry.path);
    for (const file of await unsureFiles(root, variables) ?? all()) changed.add(`${prefix3}${file}`);
  }
  const reset = files.filter((place2) => changed.has(place2));
  for (const place2 of reset) setMtime(path19.join(workspace, place2), now() / 1e3);
  return reset.length;
}
function wantedOf(paths, tree, workspace) {
  const wanted = /* @__PURE__ */ new Set();
  for (const text4 of paths) {
    const bare = text4.replace(/\/$/, "");
    if (bare === "") continue;
    const place2 = bare === "." ? "" : bare;
    wanted.add(place2);
    if (!text4.endsWith("/") || !tree.directories.has(place2)) continue;
    for (const { name } of entriesOf(path19.join(workspace, place2)))
      wanted.add(place2 === "" ? name : `${place2}/${name}`);
  }
  const all = [...wanted];
  return {
    files: all.filter((place2) => tree.files.has(place2)),
    directories: all.filter((place2) => tree.directories.has(place2)),
    markers: all.filter((place2) => tree.markers.has(place2))
  };
}
function realDirectories(workspace) {
  const known = /* @__PURE__ */ new Map([["", true]]);
  const isReal = (place2) => {
    const before = known.get(place2);
    if (before !== void 0) return before;
    const real = isReal(parentOf(place2)) && lstat2(path19.join(workspace, place2))?.isDirectory() === true;
    known.set(place2, real);
    return real;
  };
  return isReal;
}
function timeOfDirectory(directory2) {
  return mtimeOfEntries(entriesOf(directory2).map((entry) => ({ name: entry.name, kind: kindOf2(entry) })));
}
function timeOfMarker(marker) {
  const stats = lstat2(marker);
  if (stats?.isDirectory()) return timeOfDirectory(marker);
  return stats?.isFile() ? mtimeOfContent(readBytes(marker) ?? Buffer.of()) : void 0;
}
function kindOf2(entry) {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "link" : "other";
}

// src/testcache/testcache.ts
async function prepareTestCache({ inputs, workspace, checkouts, env }, testInputs, folder) {
  if (inputs["test-cache"] === "expire") await expire(folder, env);
  if (inputs["test-cache"] !== "stable") return "";
  try {
    return await makeMtimesStable(workspace, testInputs, checkouts, env);
  } catch (error3) {
    notice2(
      `Cached test results are unchanged, because stable mtimes cannot be set: ${error3.message}`
    );
    return "";
  }
}
async function expire(folder, env) {
  const ran = await runGoIfFound(["clean", "-testcache"], {
    cwd: folder,
    env,
    set: { GOTOOLCHAIN: "local" }
  });
  if (ran?.code === 0) info2("Test results: expired (input `test-cache`)");
  else
    warning2(`Cached test results could not be expired: ${ran?.stderr.trim() ?? "`go` was not found"}`);
}
async function makeMtimesStable(workspace, testInputs, checkouts, { variables }) {
  const stable = await setStableMtimes(workspace, testInputs, checkouts, variables);
  if (stable.kind === "no-git") {
    notice2(
      `\`test-cache: stable\` needs a git checkout (${stable.why}), so \`test-cache: keep\` applies`
    );
    return "";
  }
  if (testInputs.length > 0) {
    const { files, directories } = stable;
    info2(
      `Test results: set stable mtimes for ${files} files and ${directories} directories that tests read`
    );
  }
  return stable.digest;
}

// src/cache/gocache/listing.ts
var actionText = /^v1 ([0-9a-f]{64}) ([0-9a-f]{64}) +(\d+) +(\d+)\n$/;
var actionLength = 175;
var actionName = /^([0-9a-f]{64})-a$/;
var nanosecondsInMillisecond = 1e6;
function objectDirectories(gocache) {
  return namesIfReadable(gocache).filter((name) => /^[0-9a-f]{2}$/.test(name));
}
function holdsObjects(gocache) {
  return objectDirectories(gocache).some(
    (directory2) => namesIfReadable(`${gocache}/${directory2}`).some((name) => actionName.test(name))
  );
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
    const status2 = fstat(fd);
    if (!status2.isFile()) return void 0;
    const length3 = read(fd, buffer, 0, buffer.length);
    const [, named, output, size, made] = actionText.exec(buffer.toString("latin1", 0, length3)) ?? [];
    if (named !== id || output === void 0 || length3 !== actionLength) return void 0;
    return {
      id,
      output,
      size: Number(size),
      made: Number(made) / nanosecondsInMillisecond,
      used: status2.mtimeMs
    };
  } finally {
    close(fd);
  }
}

// src/cache/gocache/marker.ts
import * as path20 from "node:path";

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
    idle: new Map(list4(idle).flatMap(decodeIdle)),
    whole: decodeWhole(whole),
    logs: stringsIn(logs),
    testInputs: stringsIn(testInputs),
    settled: typeof stable === "string" ? stable : ""
  };
}
function decodeIdle(value) {
  const [id, runs, lastUsed] = list4(value);
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
  return list4(value).filter((one) => typeof one === "string");
}
function list4(value) {
  return Array.isArray(value) ? value : [];
}

// src/cache/gocache/marker.ts
var directory = "00";
var prefix2 = "go-deps-action-";
var longest3 = 16 * 1024 * 1024;
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
    const text4 = JSON.stringify({ ...marker, about: encodeMetadata(marker.about) });
    replaceFile(fileOf(gocache, family), `${text4}
`);
  } catch (error3) {
    debug2(`cannot write the marker of the build cache: ${error3.message}`);
  }
}
function fileOf(gocache, family) {
  return path20.join(gocache, directory, `${prefix2}${family}.json`);
}
function readFile(file) {
  return decodeMarker(readTextUpTo(file, longest3) ?? "");
}
function decodeMarker(text4) {
  try {
    const marker = JSON.parse(text4);
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

// src/cache/gocache/restore.ts
var restoredAge = 2 * 60 * 60;
async function restoreBuild(transfer, place2, key) {
  const { directory: directory2, family, repository } = place2;
  removeStaleStages(directory2);
  const isEmpty2 = !holdsObjects(directory2);
  const before = readMarker(directory2, family);
  const first = firstUse(place2, before);
  const began = now();
  const own2 = first?.own ?? isEmpty2;
  const startFieldsFor = (found2) => startFields(place2, first ?? { began, key: key.full, own: own2, found: found2 });
  const local = isEmpty2 ? void 0 : before;
  const matched = local === void 0 ? void 0 : matchLocal(key, local);
  const found = matched === "partial" && first?.found === "exact" ? "exact" : matched;
  if (local !== void 0 && found !== void 0) {
    writeMarker(directory2, family, { ...local, ...startFieldsFor(found) });
    const { testInputs } = local.about;
    return { ...alreadyCached(found), matched: local.stored, isExclusive: own2, testInputs };
  }
  let marker = newMarker(repository);
  const outcome = await restoreEntry(transfer, key, async (entry, matched2) => {
    const { manifest } = entry;
    if (manifest.kind !== "build") throw new Error(`it holds ${manifest.kind}, not build objects`);
    const unexpected = manifest.units.flatMap(({ roots }) => roots).filter((root) => !isRootOfBuildCache(root));
    if (unexpected.length > 0)
      throw new Error(`it holds ${unexpected[0]}, which does not belong in a build cache`);
    const { actions, ...installed } = await install(entry, directory2);
    const about = decodeMetadata(manifest.about);
    marker = { ...marker, key: matched2, stored: matched2, share: shareOf(manifest), actions, about };
    return installed;
  });
  writeMarker(directory2, family, {
    ...marker,
    ...startFieldsFor(outcome.error === "" ? outcome.found : "unknown")
  });
  return { ...outcome, isExclusive: own2, testInputs: marker.about.testInputs };
}
function registerBuildUse(place2, key) {
  const { directory: directory2, family, repository } = place2;
  const before = readMarker(directory2, family);
  const first = firstUse(place2, before);
  const own2 = first?.own ?? !holdsObjects(directory2);
  writeMarker(directory2, family, {
    ...before ?? newMarker(repository),
    ...startFields(place2, first ?? { began: now(), key: key.full, own: own2, found: "unknown" })
  });
  return own2;
}
function firstUse({ job = "" }, marker) {
  const first = job !== "" && marker?.running === true ? marker.first : void 0;
  return first?.job === job && isDirectory2(first.folder) ? first : void 0;
}
function startFields({ job = "", folder = "" }, first) {
  return { running: true, first: { job, folder, ...first }, savedBy: "" };
}
function matchLocal(key, marker) {
  const match3 = matchKey(key, marker.key);
  if (match3.kind === "exact") return "exact";
  return volatileParts.includes(match3.differs.name) ? "partial" : void 0;
}
function shareOf({ shards, bytes }) {
  return bytes === 0 ? 0 : shards.reduce((sum2, shard) => sum2 + shard.length, 0) / bytes;
}
async function install(entry, gocache) {
  makeDirectory(gocache);
  return withStage(gocache, async (stage) => {
    const unpacked = await unpackEntry({
      directory: entry,
      stage,
      readOnly: false,
      mtimeSeconds: Math.floor(now() / 1e3) - restoredAge,
      verifyBuildObjects: true,
      seconds: maxUnpackSeconds
    });
    if (unpacked.dropped > 0)
      info2(`Discarded build objects that do not match the SHA-256 in their names: ${unpacked.dropped}`);
    const isWhole = unpacked.dropped + unpacked.omitted === 0;
    const actions = isWhole ? actionsIn(stage) : listActions(stage).map(({ id }) => shortId(id));
    for (const unit of unpacked.units) for (const root of unit.roots) moveInto(stage, gocache, root);
    keepFromTrimming(gocache);
    return { ...unpacked, actions };
  });
}
function actionsIn(gocache) {
  return objectDirectories(gocache).flatMap(
    (directory2) => entriesOf(path21.join(gocache, directory2)).flatMap(
      ({ name }) => name.endsWith("-a") ? [shortId(name)] : []
    )
  );
}
function moveInto(stage, gocache, root) {
  const [from, to] = [path21.join(stage, root), path21.join(gocache, root)];
  if (lstat2(from) === void 0) return;
  makeDirectory(path21.dirname(to));
  if (moveIfAbsent(from, to)) return;
  const isData = (name) => name.endsWith("-d");
  const entries2 = entriesOf(from);
  const inOrder = [
    ...entries2.filter(({ name }) => isData(name)),
    ...entries2.filter(({ name }) => !isData(name))
  ];
  for (const entry of inOrder) {
    const below = `${root}/${entry.name}`;
    if (entry.isDirectory() && !isData(entry.name)) moveInto(stage, gocache, below);
    else moveIfAbsent(path21.join(stage, below), path21.join(gocache, below));
  }
}
function keepFromTrimming(gocache) {
  const file = path21.join(gocache, "trim.txt");
  if (lstat2(file) === void 0) writeFile2(file, String(Math.floor(now() / 1e3)));
}

// src/cache/gomodcache/listing.ts
import * as path22 from "node:path";
function isModuleCached(gomodcache, name) {
  const version3 = splitModuleVersion(name);
  const prefix3 = path22.join(gomodcache, downloadPrefix(version3));
  return isFile(`${prefix3}.ziphash`) && !isFile(`${prefix3}.partial`) && lstat2(path22.join(gomodcache, treeDirectory(version3))) !== void 0;
}

// src/cache/gomodcache/checksum-database.ts
import * as path25 from "node:path";
import { pathToFileURL } from "node:url";

// src/cache/gomodcache/install.ts
import * as path24 from "node:path";

// src/platform/file-locks.ts
import { spawnSync as spawnSync4 } from "node:child_process";
import * as fs9 from "node:fs";
import * as path23 from "node:path";
var lockers = [
  [
    "perl",
    "-MFcntl=:flock",
    "-e",
    'for (@ARGV) { my $f; open($f, "+<&=", $_) && flock($f, LOCK_EX|LOCK_NB) && print "$_\\n" }'
  ],
  [
    "sh",
    "-c",
    'command -v flock >/dev/null || exit 1; for fd; do flock -n "$fd" && echo "$fd"; done; exit 0',
    "sh"
  ]
];
var firstInherited = 3;
var maxAtOnce = 200;
function lockFiles(files, platform3 = process.platform) {
  const states3 = /* @__PURE__ */ new Map();
  const opened = platform3 === "win32" ? [] : files.slice(0, maxAtOnce).flatMap(openLockFile);
  const fds = opened.map(({ fd }) => fd);
  const got = fds.length === 0 ? void 0 : lockOpen(fds);
  if (got === void 0) {
    for (const { file, isNew } of opened) if (isNew) fs9.rmSync(file, { force: true });
  } else {
    for (const [index, { file }] of opened.entries()) {
      states3.set(file, got.has(index + firstInherited) ? "ours" : "taken");
    }
  }
  return {
    state: (file) => states3.get(file) ?? "unknown",
    release: () => {
      for (const fd of fds.splice(0)) fs9.closeSync(fd);
    }
  };
}
var maxLockedFiles = maxAtOnce;
function openLockFile(file) {
  try {
    fs9.mkdirSync(path23.dirname(file), { recursive: true });
    const isNew = !fs9.existsSync(file);
    return [{ file, fd: fs9.openSync(file, fs9.constants.O_RDWR | fs9.constants.O_CREAT, 438), isNew }];
  } catch {
    return [];
  }
}
function lockOpen(fds) {
  const numbers = fds.map((_, index) => String(index + firstInherited));
  for (const [command, ...args] of lockers) {
    const program = findProgram(command, processEnv());
    if (program === void 0) continue;
    const ran = spawnSync4(program, [...args, ...numbers], {
      stdio: ["ignore", "pipe", "ignore", ...fds],
      env: childEnvironment(processEnv()),
      encoding: "utf8"
    });
    if (ran.status === 0) return new Set(ran.stdout.split("\n").filter(Boolean).map(Number));
  }
  return void 0;
}

// src/cache/gomodcache/select.ts
var sumdbPath = "cache/download/sumdb";
function decodeOmitted(value) {
  const { most: most2, zips, names } = value ?? {};
  if (typeof most2 !== "number" || typeof zips !== "boolean" || !Array.isArray(names)) return void 0;
  return { most: most2, zips, names: names.filter((name) => typeof name === "string") };
}

// src/cache/gomodcache/install.ts
function moveModulesIntoPlace(units, stage, gomodcache, readOnly) {
  const [databases, modules] = [[], []];
  for (const unit of units) (unit.roots.includes(sumdbPath) ? databases : modules).push(unit);
  if (databases.length > 0) mergeDirectory(path24.join(stage, sumdbPath), path24.join(gomodcache, sumdbPath));
  for (let from = 0; from < modules.length; from += maxLockedFiles) {
    const batch = modules.slice(from, from + maxLockedFiles);
    const locks = lockFiles(batch.flatMap((unit) => lockOf(unit, stage, gomodcache)));
    try {
      for (const unit of batch) installModule(unit, { stage, gomodcache, readOnly, locks });
    } finally {
      locks.release();
    }
  }
}
function lockOf({ roots }, stage, gomodcache) {
  const [ziphash, trees] = [roots.find(isZiphash), roots.filter((root) => !isDownloadPath(root))];
  const isWanted = ziphash !== void 0 && trees.some((tree) => lstat2(path24.join(stage, tree)) !== void 0) && trees.every((tree) => lstat2(path24.join(gomodcache, tree)) === void 0) && agrees(ziphash, trees, stage, gomodcache);
  return isWanted ? [lockFile(ziphash, gomodcache)] : [];
}
function lockFile(ziphash, gomodcache) {
  return path24.join(gomodcache, ziphash.replace(/\.ziphash$/, ".lock"));
}
function isZiphash(root) {
  return isDownloadPath(root) && root.endsWith(".ziphash");
}
function installModule(unit, { stage, gomodcache, readOnly, locks }) {
  const [files, trees] = [
    unit.roots.filter(isDownloadPath),
    unit.roots.filter((root) => !isDownloadPath(root))
  ];
  const ziphash = files.find(isZiphash);
  if (ziphash !== void 0 && !agrees(ziphash, trees, stage, gomodcache)) return;
  for (const file of files) if (file !== ziphash) move(file, stage, gomodcache);
  for (const tree of trees) {
    if (ziphash !== void 0 && isDownloading(ziphash, tree, gomodcache, locks)) return;
    if (move(tree, stage, gomodcache) && readOnly) makeReadOnly(path24.join(gomodcache, tree));
  }
  if (ziphash !== void 0) move(ziphash, stage, gomodcache);
}
function agrees(ziphash, trees, stage, gomodcache) {
  if (isFile(path24.join(gomodcache, ziphash.replace(/\.ziphash$/, ".partial")))) return false;
  const cached = readTextUpTo(path24.join(gomodcache, ziphash), longestZiphash);
  if (cached !== void 0) {
    const staged = readTextUpTo(path24.join(stage, ziphash), longestZiphash);
    return staged === void 0 || staged === cached;
  }
  return [...trees, ...treeOf(ziphash)].every((tree) => lstat2(path24.join(gomodcache, tree)) === void 0);
}
function treeOf(ziphash) {
  const { name } = moduleRoot(ziphash) ?? {};
  return name === void 0 ? [] : [treeDirectory(splitModuleVersion(name))];
}
var longestZiphash = 1024;
function isDownloading(ziphash, tree, gomodcache, locks) {
  const lock = lockFile(ziphash, gomodcache);
  const state = locks.state(lock);
  if (state !== "unknown") return state === "taken";
  return isFile(lock) && lstat2(path24.join(gomodcache, tree)) === void 0;
}
function mergeDirectory(from, to) {
  for (const entry of entriesOf(from)) {
    const [source, target] = [path24.join(from, entry.name), path24.join(to, entry.name)];
    if (entry.isDirectory()) mergeDirectory(source, target);
    else {
      makeDirectory(to);
      moveIfAbsent(source, target);
    }
  }
}
function move(root, stage, gomodcache) {
  const [from, to] = [path24.join(stage, root), path24.join(gomodcache, root)];
  if (lstat2(from) === void 0) return false;
  makeDirectory(path24.dirname(to));
  return moveIfAbsent(from, to);
}
function mustBeRemovable(gomodcache, workspace) {
  if (!path24.isAbsolute(gomodcache)) return false;
  return isDirectory2(gomodcache) ? isWithin(realPath(workspace), realPath(gomodcache)) : isWithin(workspace, gomodcache);
}

// src/cache/gomodcache/checksum-database.ts
var longest4 = 64 * 1024;
var maxLookups = 2e3;
var deepestName = 3;
var noRecordedSums = { trees: /* @__PURE__ */ new Map(), goMods: /* @__PURE__ */ new Map() };
function readLookups(gomodcache, names) {
  const databases = databasesIn(path25.join(gomodcache, sumdbPath), 0);
  const [trees, goMods] = [/* @__PURE__ */ new Map(), /* @__PURE__ */ new Map()];
  for (const name of databases.length === 0 ? [] : names) {
    const { path: modulePath2, version: version3 } = splitModuleVersion(name);
    const file = `${escapePath(modulePath2)}@${escapeVersion(version3)}`;
    for (const database of databases) {
      const text4 = readTextUpTo(path25.join(database, file), longest4) ?? "";
      for (const line of text4.split("\n")) {
        const [ofModule, ofVersion, h1 = "", ...more] = line.split(" ");
        if (ofModule !== modulePath2 || !h1.startsWith("h1:") || more.length > 0) continue;
        if (ofVersion === version3) add(trees, name, h1);
        else if (ofVersion === `${version3}/go.mod`) add(goMods, name, h1);
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
  const here = names.some(({ name }) => name === "lookup") ? [path25.join(directory2, "lookup")] : [];
  if (depth === deepestName) return here;
  return [...here, ...names.flatMap(({ name }) => databasesIn(path25.join(directory2, name), depth + 1))];
}
async function queryChecksumDatabase(names, stage, { gomodcache, goproxy, folder, env }) {
  const own2 = path25.join(folder, "checksums");
  const modules = path25.join(own2, "modules");
  makeDirectory(own2);
  writeFile2(path25.join(own2, "go.mod"), "module checksums.invalid\n\ngo 1.17\n");
  const set = {
    ...{ GO111MODULE: "on", GOWORK: "off", GOFLAGS: "-mod=mod -modcacherw", GOTOOLCHAIN: "local" },
    GOMODCACHE: modules,
    // The files of the entry are sufficient for the query: Go compares each with the answer.
    GOPROXY: `${pathToFileURL(path25.join(stage, "cache", "download")).href},${goproxy}`,
    GONOPROXY: "none",
    GOMAXPROCS: "16"
  };
  for (const batch of inBatches(names)) {
    const args = ["list", "-m", "-e", "-f", "{{.GoVersion}}", "--", ...batch];
    const { stderr } = await runGo(args, { cwd: own2, env, set });
    if (stderr !== "") debug2(stderr);
  }
  const answers = readLookups(modules, names);
  if (lstat2(path25.join(modules, sumdbPath)) !== void 0) {
    mergeDirectory(path25.join(modules, sumdbPath), path25.join(gomodcache, sumdbPath));
  }
  return answers;
}

// src/cache/gomodcache/entry.ts
function isModulePath2(root) {
  if (listedModule(root) !== void 0) return true;
  const module = moduleRoot(root);
  return module !== void 0 && !isPartOfGo(module.name);
}
function isSumdbPath(root) {
  return root === sumdbPath;
}
function listedModule(root) {
  const [, escaped3] = /^cache\/download\/(.+)\/@v\/list$/.exec(root) ?? [];
  try {
    const path82 = escaped3 === void 0 ? void 0 : unescapePath(escaped3);
    return path82 === void 0 || isPartOfGo(`${path82}@`) ? void 0 : path82;
  } catch {
    return void 0;
  }
}
function listText(root, roots) {
  const path82 = listedModule(root);
  const versions = roots.flatMap((one) => {
    const module = moduleRoot(one);
    if (module?.kind !== "mod") return [];
    const { path: other, version: version3 } = splitModuleVersion(module.name);
    return other === path82 && canonicalVersion(version3) === version3 ? [version3] : [];
  });
  return versions.sort().map((version3) => `${version3}
`).join("");
}
function unitsByModule(roots) {
  const units = /* @__PURE__ */ new Map();
  for (const root of roots) {
    const name = moduleRoot(root)?.name ?? root;
    const unit = units.get(name);
    if (unit === void 0) units.set(name, [root]);
    else unit.push(root);
  }
  return [...units].map(([name, of]) => ({ name, roots: of }));
}
var restoredFile = "restored.json";
var namedFile = "named.json";

// src/cache/gomodcache/key.ts
import * as path26 from "node:path";
function needsModuleCache(inputs, root) {
  const isUsed = ["download", "vendor"].includes(inputs.dependencies) || inputs["check-vendor"] || inputs["check-tidy"];
  return hasDependencies(root) && (!root.vendored || isUsed);
}
function planModuleCache(inputs, { roots, go: go2 }) {
  if (!inputs["cache-modules"]) return { wanted: false, why: "input `cache-modules` is false" };
  if (!roots.some(hasDependencies)) return { wanted: false, why: "there are no dependencies", expected: true };
  const fetching = roots.filter((root) => needsModuleCache(inputs, root));
  if (fetching.length === 0) return { wanted: false, why: "all dependencies are vendored", expected: true };
  if (inputs.bundle !== "") return { wanted: false, why: "the modules come from input `bundle`" };
  if (!path26.isAbsolute(go2.env.GOMODCACHE ?? "")) return { wanted: false, why: noCacheDirectory("GOMODCACHE") };
  const stable = leadingParts("modules", inputs["cache-key"]);
  const key = withIncompleteFallback(
    makeKey([...stable, graphPart(downloadedFilesOf(fetching))], stable.length)
  );
  return { wanted: true, key, why: `${fetching.length === 1 ? "a module" : "modules"} with dependencies` };
}
function namedVersions(facts) {
  const roots = facts.roots.filter((root) => needsModuleCache(facts.inputs, root));
  const sums = roots.flatMap(sumsOf);
  const unique = (names) => [...new Set(names)].sort();
  return {
    needed: unique(roots.flatMap(neededTrees)),
    trees: unique(sums.flatMap((sum2) => sum2.trees.map(moduleVersionName))),
    goMods: unique(sums.flatMap((sum2) => sum2.goMods.map(moduleVersionName)))
  };
}

// src/cache/gomodcache/restore.ts
import * as path27 from "node:path";

// src/gofiles/module-info.ts
var originFields = ["Hash", "Ref", "RepoSum", "Subdir", "TagPrefix", "TagSum", "URL", "VCS"];
function moduleInfoText(text4, version3) {
  const info3 = parseInfo(text4);
  if (info3 === void 0 || info3.version !== version3 || !matchesTime(version3, info3.time)) return void 0;
  const { time, origin } = info3;
  return JSON.stringify({
    Version: version3,
    ...time === void 0 ? {} : { Time: time },
    ...origin === void 0 ? {} : { Origin: origin }
  });
}
function originOf(text4) {
  const origin = parseInfo(text4)?.origin;
  if (origin === void 0) return void 0;
  const named = { vcs: origin.VCS, url: origin.URL, ref: origin.Ref, hash: origin.Hash };
  const known = Object.entries(named).filter(([, value]) => value !== void 0 && value !== "");
  return known.length === 0 ? void 0 : Object.fromEntries(known);
}
function parseInfo(text4) {
  const fields = parseObject(text4);
  if (fields === void 0) return void 0;
  const [version3, time, origin] = ["Version", "Time", "Origin"].map((name) => field(fields, name));
  if (version3 === ambiguous || time === ambiguous || origin === ambiguous) return void 0;
  if (!isAbsent(time) && !(typeof time === "string" && timeText.test(time))) return void 0;
  if (isAbsent(origin)) return { version: version3, time: time ?? void 0, origin: void 0 };
  if (typeof origin !== "object" || Array.isArray(origin)) return void 0;
  const known = originFields.map((name) => [name, field(origin, name)]);
  if (known.some(([, value]) => !isAbsent(value) && typeof value !== "string")) return void 0;
  const texts = known.flatMap(
    ([name, value]) => typeof value === "string" ? [[name, name === "URL" ? withoutUser(value) : value]] : []
  );
  return { version: version3, time: time ?? void 0, origin: Object.fromEntries(texts) };
}
var timeText = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
function matchesTime(version3, time) {
  const [, digits] = /[.-](\d{14})-[0-9a-f]{12}(?:\+incompatible)?$/.exec(version3) ?? [];
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
function parseObject(text4) {
  let value;
  try {
    value = JSON.parse(text4);
  } catch {
    return void 0;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return void 0;
  const named = [...text4.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== void 0);
  return named.length === countKeys(value) ? value : void 0;
}
function countKeys(value) {
  if (typeof value !== "object" || value === null) return 0;
  const ownKeys = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum2, one) => sum2 + countKeys(one), ownKeys);
}
function withoutUser(address2) {
  return address2.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1");
}

// src/cache/gomodcache/restore.ts
function proveEntry({ hashes: hashes3, ziphashes }, sums, answers) {
  const wrong = [];
  const unproven = /* @__PURE__ */ new Set();
  const compare2 = (name, part, found, kind) => {
    const recorded = sums[kind].get(name) ?? answers[kind].get(name);
    if (recorded === void 0) unproven.add(name);
    else if (recorded.size !== 1 || !recorded.has(found))
      wrong.push({ name, part, expected: [...recorded].join(" or "), found });
  };
  for (const [root, found] of hashes3) {
    const { name, kind } = moduleRoot(root) ?? { name: root, kind: "tree" };
    if (kind === "mod") compare2(name, "go.mod", found, "goMods");
    else compare2(name, kind === "zip" ? "zip" : "files", found, "trees");
  }
  for (const [root, text4] of ziphashes) {
    const { name } = moduleRoot(root) ?? {};
    if (name !== void 0) compare2(name, "ziphash", text4.trim(), "trees");
  }
  return { wrong, unproven: [...unproven] };
}
var maxNamed = 100;
var longestText = 64 * 1024;
async function restoreProvenModules(entry, { roots: all, outsideSums }, { directory: gomodcache, readOnly }, proof) {
  return withStage(gomodcache, async (stage) => {
    const unexpected = all.filter((root) => !isModulePath2(root) && !isSumdbPath(root));
    if (unexpected.length > 0)
      info2(`Discarded paths of the entry that do not belong to a module: ${listSome(unexpected, maxNamed)}`);
    const roots = all.filter(isModulePath2);
    const queried = proof === void 0 ? [] : namesToQuery(roots, outsideSums, proof.sums);
    const isProvable = (root, sums, more) => {
      const { name = "", kind } = moduleRoot(root) ?? {};
      const isTree = sums.some(({ trees }) => trees.has(name)) || more.has(name);
      const isMod = sums.some(({ goMods }) => goMods.has(name)) || more.has(name);
      if (kind === void 0 || kind === "info") return kind === void 0 || isTree || isMod;
      return kind === "mod" ? isMod : isTree;
    };
    const isUnprovable = (root) => proof !== void 0 && !isProvable(root, [proof.sums], new Set(queried));
    const present = roots.filter((root) => !root.endsWith(".ziphash")).filter((root) => lstat2(path27.join(gomodcache, root)) !== void 0);
    const unpacked = await unpackEntry({
      directory: entry,
      stage,
      skipRoots: [...present, ...all.filter((root) => !isModulePath2(root) || isUnprovable(root))],
      readOnly,
      seconds: maxUnpackSeconds,
      hashedRoots: proof === void 0 ? /* @__PURE__ */ new Map() : namesInHashes(roots),
      hashedZips: new Set(proof === void 0 ? [] : roots.filter((root) => root.endsWith(".zip")))
    });
    const invalidInfos = proof === void 0 ? /* @__PURE__ */ new Set() : rewriteInfos(stage, roots);
    const answers = queried.length === 0 ? noRecordedSums : await proof?.ask(queried, stage) ?? noRecordedSums;
    const ziphashes = ziphashesIn(stage, roots);
    const { wrong, unproven } = proof === void 0 ? { wrong: [], unproven: [] } : proveEntry({ hashes: unpacked.hashes, ziphashes }, proof.sums, answers);
    if (unproven.length > 0)
      info2(
        `Discarded modules that neither a checksum file nor the checksum database confirms: ${listSome(unproven, maxNamed)}`
      );
    const wrongNames = new Set(wrong.map(({ name }) => name));
    const isKept = (root) => !invalidInfos.has(root) && !wrongNames.has(moduleRoot(root)?.name ?? "") && (proof === void 0 || isProvable(root, [proof.sums, answers], /* @__PURE__ */ new Set()));
    const kept = roots.filter(isKept);
    if (proof !== void 0) rewriteHashFiles(stage, kept, ziphashes);
    moveModulesIntoPlace(unitsByModule(kept), stage, gomodcache, readOnly);
    const { files, bytes } = unpacked;
    const isCorrupt = wrong.length + unexpected.length + invalidInfos.size > 0;
    return { files, bytes, roots: kept, wrong, unproven, isCorrupt };
  });
}
function namesToQuery(roots, outsideSums, sums) {
  const named = new Set(outsideSums);
  const names = /* @__PURE__ */ new Set();
  for (const root of roots) {
    const { name, kind } = moduleRoot(root) ?? {};
    if (name === void 0 || kind === "info" || !named.has(name)) continue;
    if (!(kind === "mod" ? sums.goMods : sums.trees).has(name)) names.add(name);
  }
  return [...names].slice(0, maxLookups);
}
function rewriteInfos(stage, roots) {
  const invalidInfos = roots.filter((root) => {
    const module = moduleRoot(root);
    if (module?.kind !== "info") return false;
    const file = path27.join(stage, root);
    if (lstat2(file) === void 0) return false;
    const before = readTextUpTo(file, longestText);
    const text4 = before === void 0 ? void 0 : moduleInfoText(before, splitModuleVersion(module.name).version);
    if (text4 !== void 0 && text4 !== before) writeFile2(file, text4);
    return text4 === void 0;
  });
  if (invalidInfos.length > 0)
    info2(`Discarded .info files that do not describe their version: ${listSome(invalidInfos, maxNamed)}`);
  return new Set(invalidInfos);
}
function ziphashesIn(stage, roots) {
  const texts = roots.filter((root) => root.endsWith(".ziphash") && lstat2(path27.join(stage, root)) !== void 0).map((root) => [root, readTextUpTo(path27.join(stage, root), longestText) ?? ""]);
  return new Map(texts);
}
function rewriteHashFiles(stage, kept, ziphashes) {
  for (const [root, text4] of ziphashes)
    if (text4 !== text4.trim()) writeFile2(path27.join(stage, root), text4.trim());
  for (const root of kept) {
    if (listedModule(root) !== void 0 && lstat2(path27.join(stage, root)) !== void 0)
      writeFile2(path27.join(stage, root), listText(root, kept));
  }
}
function namesInHashes(roots) {
  return new Map(
    roots.flatMap((root) => {
      const name = hashedName(root);
      return name === void 0 ? [] : [[root, name]];
    })
  );
}
var mostMissing = 0.5;
async function restoreModules(transfer, location, key, needed, proof) {
  removeStaleStages(location.directory);
  const missing2 = needed.filter((name) => !isModuleCached(location.directory, name)).length;
  if (needed.length > 0 && missing2 <= needed.length * mostMissing) {
    return { ...alreadyCached(missing2 === 0 ? "exact" : "partial"), hadZips: false, held: [], wrong: [] };
  }
  let hadZips = false;
  let held = [];
  let installed = {
    files: 0,
    bytes: 0,
    roots: [],
    wrong: [],
    unproven: [],
    isCorrupt: false
  };
  const outcome = await restoreEntry(transfer, key, async (entry) => {
    const { manifest } = entry;
    if (manifest.kind !== "modules") throw new Error(`it holds ${manifest.kind}, not modules`);
    const { zips, outsideSums } = manifest.about ?? {};
    hadZips = zips === true;
    const roots = manifest.units.flatMap((unit) => unit.roots);
    held = roots.flatMap((root) => treeName(root) ?? []);
    const content = { roots, outsideSums: Array.isArray(outsideSums) ? outsideSums : [] };
    installed = await restoreProvenModules(entry, content, location, proof);
    const { roots: kept, unproven } = installed;
    const omitted = decodeOmitted(manifest.about?.leftOut);
    const restored = {
      ...{ roots: kept, bytes: manifest.bytes, unproven, trees: held.length },
      ...omitted === void 0 ? {} : { leftOut: omitted }
    };
    writeFile2(path27.join(transfer.folder, restoredFile), JSON.stringify(restored));
    return installed;
  });
  const { wrong } = installed;
  const corrupt = outcome.corrupt || installed.isCorrupt;
  return { ...outcome, corrupt, hadZips: hadZips && outcome.found !== "miss", held, wrong };
}

// src/cache/gomodcache/save.ts
import * as path29 from "node:path";

// src/platform/cleanup.ts
import * as path28 from "node:path";

// src/platform/job-owner.ts
import { createHash as createHash12 } from "node:crypto";
import { readFileSync as readFileSync3, readlinkSync } from "node:fs";
import * as os8 from "node:os";
function ownerToken(parent = process.ppid) {
  return `${parent}.${startOf(parent) ?? "0"}.${machineToken()}`;
}
function ownerState(token) {
  const [pid = "", start = "", machine2] = token.split(".");
  if (machine2 !== machineToken() || !/^[1-9]\d*$/.test(pid)) return "unknown";
  if (process.platform === "linux") return startOf(Number(pid)) === start ? "alive" : "ended";
  try {
    process.kill(Number(pid), 0);
    return "alive";
  } catch (error3) {
    return error3.code === "ESRCH" ? "ended" : "alive";
  }
}
function startOf(pid) {
  const stat2 = textOf(() => readFileSync3(`/proc/${pid}/stat`, "utf8"));
  return stat2.slice(stat2.lastIndexOf(")") + 2).split(" ")[19] || void 0;
}
function machineToken() {
  const boot = textOf(() => readFileSync3("/proc/sys/kernel/random/boot_id", "utf8"));
  const namespace = textOf(() => readlinkSync("/proc/self/ns/pid"));
  return createHash12("sha256").update([os8.hostname(), boot, namespace].join("\n")).digest("hex").slice(0, 8);
}
function textOf(read2) {
  try {
    return read2();
  } catch {
    return "";
  }
}

// src/platform/cleanup.ts
var kinds = ["credentials", "certificates", "ssh", "bundle"];
var prefixOf = (kind) => `go-deps-${kind}-`;
var maxJobAge = 6 * 24 * 60 * 60 * 1e3;
function removeLeftoverDirs() {
  const folder = temporaryFolder();
  for (const kind of kinds) {
    for (const { name } of entriesOf(folder)) {
      const target = path28.join(folder, name);
      if (name.startsWith(prefixOf(kind)) && isAbandoned(name.slice(prefixOf(kind).length), target))
        removeIfPossible(target);
    }
  }
}
function isAbandoned(rest, target) {
  if (rest.startsWith(`${jobIdentity()}-`)) return false;
  const owner = /^[\da-f]{12}-(\d+\.\d+\.[\da-f]{8})-/.exec(rest)?.[1];
  if (owner === void 0 || ownerState(owner) === "ended") return true;
  return now() - (lstat2(target)?.mtimeMs ?? 0) > maxJobAge;
}
var Cleanup = class {
  #folders = /* @__PURE__ */ new Map();
  /** The save may go to a server that is trusted only through these certificates, and later steps use the bundle. */
  #kept = /* @__PURE__ */ new Set(["certificates", "bundle"]);
  /**
   * Makes a private folder, once for each kind.
   *
   * @returns its absolute path
   */
  makeDir(kind) {
    const existing = this.#folders.get(kind);
    if (existing !== void 0) return existing;
    const name = `${prefixOf(kind)}${jobIdentity()}-${ownerToken()}-`;
    const folder = kind === "work" ? makeJobDir() : makePrivateDirectory(path28.join(temporaryFolder(), name));
    if (kind !== "bundle" && kind !== "work") restrictToOwner(folder);
    this.#folders.set(kind, folder);
    registerWithPost(kind, { folder, given: {}, before: {} });
    return folder;
  }
  /**
   * Makes a private folder, and fills it.
   *
   * @param variables the current variables
   * @param fill receives the folder's absolute path and returns the variables that point to it
   * @param absent values for variables that were not set, used when the job ends; by default empty ones
   * @returns the variables
   */
  fillDir(kind, variables, fill, absent = {}) {
    const folder = this.makeDir(kind);
    const given = fill(folder);
    const previous = (name) => variables[name] || (absent[name] ?? neutralValue(name));
    const before = Object.fromEntries(Object.keys(given).map((name) => [name, previous(name)]));
    registerWithPost(kind, { folder, given, before });
    return given;
  }
  /** Keeps a kind until post, because later steps or post itself need it. */
  keepForPost(kind) {
    this.#kept.add(kind);
  }
  /** Removes everything that post does not need. */
  endMain() {
    for (const [kind, folder] of this.#folders) if (!this.#kept.has(kind)) removeIfPossible(folder);
  }
};
function neutralValue(name) {
  return name.startsWith("GIT_CONFIG_KEY_") ? "go-deps.removed" : "";
}
function registerWithPost(kind, record2) {
  saveState2(kind, JSON.stringify(record2));
}

// src/cache/gomodcache/save.ts
var useFile = "modules-use.json";
var namedPrefix = "named-by-";
function shareWithOtherUses(folder, use, named) {
  writeFile2(path29.join(folder, useFile), JSON.stringify(use));
  const names = JSON.stringify([.../* @__PURE__ */ new Set([...named.trees, ...named.goMods])]);
  for (const earlier of siblingFolders(folder))
    writeFile2(path29.join(earlier, `${namedPrefix}${path29.basename(folder)}.json`), names);
}
function siblingFolders(folder) {
  const [parent, own2] = [path29.dirname(folder), path29.basename(folder)];
  return entriesOf(parent).filter(({ name }) => name !== own2 && name.startsWith(own2.replace(/[^-]*$/, ""))).map(({ name }) => path29.join(parent, name)).filter((other) => readText(path29.join(other, useFile)) !== void 0);
}

// src/cache/gomodcache/toolchain.ts
import * as path30 from "node:path";
async function restoreToolchain(transfer, location, key, name, env) {
  if (isModuleCached(location.directory, name)) return alreadyCached("exact");
  return restoreEntry(transfer, key, (entry) => install2(entry, location, name, env));
}
async function install2(entry, { directory: gomodcache, readOnly }, name, env) {
  const { manifest } = entry;
  if (manifest.kind !== "toolchain") throw new Error(`it holds ${manifest.kind}, not a toolchain`);
  const { tree, ziphash } = pathsOf(name);
  const roots = manifest.units.flatMap((unit) => unit.roots);
  const unexpected = roots.find(
    (root) => root !== sumdbPath && root !== ziphash && !root.startsWith(`${tree}/`)
  );
  if (unexpected !== void 0) throw new Error(`it holds ${unexpected}, which does not belong to ${name}`);
  removeStaleStages(gomodcache);
  return withStage(gomodcache, async (stage) => {
    const unpacked = await unpackEntry({
      ...{ directory: entry, stage, readOnly, writableRoots: [sumdbPath] },
      seconds: maxUnpackSeconds
    });
    const staged = path30.join(stage, tree);
    const [expected, hash] = [readText(path30.join(stage, ziphash)), await treeHash(staged, name)];
    if (hash !== expected?.trim())
      throw new Error(`${name} hashes to ${hash}, but its .ziphash holds ${expected}`);
    await runOnce(stage, name, env);
    if (readOnly) for (const directory2 of partsOf(staged)) makeReadOnly(path30.join(staged, directory2));
    const whole = [{ name, roots: [tree, ziphash] }];
    const database = roots.includes(sumdbPath) ? [{ name: "sumdb", roots: [sumdbPath] }] : [];
    moveModulesIntoPlace([...database, ...whole], stage, gomodcache, readOnly);
    return unpacked;
  });
}
async function runOnce(stage, name, env) {
  const version3 = name.slice(name.indexOf("-go") + 1, name.lastIndexOf("."));
  const set = { GOTOOLCHAIN: version3, GOMODCACHE: stage, GOFLAGS: "", PATH: "" };
  const program = findProgram("go", env.variables);
  const ran = program === void 0 ? void 0 : await runGoIfFound(["version"], { program, cwd: stage, env, set });
  if (ran === void 0)
    throw new EntryNotApplicable("`go` is not on PATH, so the toolchain cannot be verified");
  if (ran.code === 0 && ran.stdout.startsWith(`go version ${version3} `)) return;
  const output = (ran.stderr.trim() || ran.stdout.trim()).replaceAll(/\s*\n\s*/g, "; ");
  if (isTransient(ran.stderr))
    throw new EntryNotApplicable(`the checksum database could not be queried for ${name}: ${output}`);
  throw new Error(`${name} does not run as ${version3}: ${output}`);
}
function pathsOf(name) {
  const version3 = splitModuleVersion(name);
  return { tree: treeDirectory(version3), ziphash: `${downloadPrefix(version3)}.ziphash` };
}
function partsOf(base) {
  return ["src", "src/cmd", "pkg"].filter(
    (directory2) => lstat2(path30.join(base, directory2))?.isDirectory() === true
  );
}
function planToolchainCache(inputs, facts, lookup) {
  const name = fetchedToolchain(facts);
  const off = (why2, expected) => ({
    plan: { wanted: false, why: why2, ...expected === void 0 ? {} : { expected } },
    name
  });
  if (name === "") return off("the installed Go builds the modules", true);
  if (!inputs["cache-modules"]) return off("input `cache-modules` is false", true);
  const { env } = facts.go;
  if (!path30.isAbsolute(env.GOMODCACHE ?? "")) return off(noCacheDirectory("GOMODCACHE"));
  const unproven = unprovenReason(inputs, facts, lookup);
  if (unproven !== void 0) return off(`the toolchain could not be verified: ${unproven}`);
  const parts = [
    ...leadingParts("toolchain", ""),
    { name: "go", value: keyText(buildGoVersion(facts)), of: "effective Go version" },
    { name: "system", value: keyText(env.GOHOSTOS ?? ""), of: "operating system" },
    { name: "architecture", value: keyText(env.GOHOSTARCH ?? ""), of: "architecture" }
  ];
  const why = `${env.GOVERSION} is installed, and ${buildGoVersion(facts)} is requested`;
  return { plan: { wanted: true, key: makeKey(parts, parts.length), why }, name };
}
function unprovenReason({ bundle }, { roots, go: go2 }, { settings, offlineSource }) {
  const isFolder = (goproxy) => {
    const sources = goproxy.split(/[,|]/).map((one) => one.trim());
    const counting = sources.filter((one) => one !== "" && one !== "off");
    return counting.length === 1 && /^file:/i.test(counting[0] ?? "");
  };
  const excluding = ["GONOSUMDB", "GOPRIVATE", "GONOSUMCHECK", "GOINSECURE"].find(
    (name) => matchesModulePatterns(trimmedPatterns(settings(name)), toolchainModule)
  );
  if (bundle !== "") return "with `bundle`, Go may use a toolchain from a folder";
  if ([go2.env.GOPROXY ?? "", settings("GOPROXY"), offlineSource].some(isFolder))
    return "GOPROXY is one folder";
  if (settings("GOSUMDB").trim() === "off") return "GOSUMDB is off";
  if (excluding !== void 0) return `${excluding} is "${settings(excluding)}"`;
  if (/^[^.,/]+$/.test(settings("GONOSUMCHECK"))) return `GONOSUMCHECK is "${settings("GONOSUMCHECK")}"`;
  if (settings("GIT_HTTP_USER_AGENT").includes("golang.org"))
    return "GIT_HTTP_USER_AGENT names the module proxy of Go";
  const isInSums = roots.flatMap(sumsOf).some(({ trees, goMods }) => [...trees, ...goMods].some((module) => module.path === toolchainModule));
  return isInSums ? `go.sum names ${toolchainModule}` : void 0;
}
function trimmedPatterns(patterns2) {
  return patterns2.split(",").map((one) => one.trim()).join(",");
}

// src/cache/lookup.ts
async function lookUpEntry({ store: store2 }, key) {
  if (store2.unavailable !== void 0) return notFound3(store2.unavailable, true);
  const seconds2 = elapsed();
  const prefixes = rollingPrefixes(key);
  const answer = await store2.find(key.full, prefixes);
  if (answer.kind === "failed") return { ...notFound3(answer.why, true), seconds: seconds2() };
  if (answer.kind === "nothing")
    return { ...notFound3(answer.message, answer.message !== ""), seconds: seconds2() };
  if (!matchesRequest([key.full, ...prefixes], answer.key))
    return { ...notFound3(unrequestedText(answer.key)), seconds: seconds2() };
  const found = matchKey(key, answer.key).kind;
  return { ...notFound3(), found, matched: answer.key, seconds: seconds2() };
}
function notFound3(error3 = "", unreachable2 = false) {
  return { ...cacheMiss(error3, { unreachable: unreachable2 }), lookedUp: true };
}

// src/cache/policy.ts
function matchesGlob(pattern, name) {
  const source = pattern.split(/(\*\*|\*|\?)/).map((piece) => {
    if (piece === "**") return ".*";
    if (piece === "*") return "[^/]*";
    if (piece === "?") return "[^/]";
    return piece.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  }).join("");
  return new RegExp(`^${source}$`, "u").test(name);
}
function isRestoreAction(inputs) {
  return inputs["sub-action"] === "restore";
}
var trusted2 = ["push", "schedule", "workflow_dispatch", "repository_dispatch"];
var toSave = "set `cache-mode: write` to save anyway";
var uncached = ["release", "pull_request_target", "workflow_run"];
function planPolicy(inputs, event, serviceMode, tokenMaySave = true) {
  if (!inputs.cache) return { restore: false, save: "no", why: "input `cache` is false" };
  const wanted = inputs["cache-mode"] === "auto" ? byEvent(inputs, event) : byMode(inputs["cache-mode"]);
  const allowed3 = limited(wanted, serviceMode);
  if (tokenMaySave || allowed3.save === "no") return allowed3;
  return { ...allowed3, save: "no", why: `${allowed3.why}; the token of this run may only read the cache` };
}
function byMode(mode) {
  return {
    restore: mode === "write" || mode === "read",
    save: mode === "write" || mode === "write-only" ? "yes" : "no",
    why: `input \`cache-mode\` is ${mode}`
  };
}
function byEvent(inputs, event) {
  const isTag = event.ref.startsWith("refs/tags/");
  if (uncached.includes(event.name) || isTag && event.name === "push") {
    const trigger = isTag && event.name === "push" ? "a pushed tag" : `event ${event.name}`;
    return {
      restore: false,
      save: "no",
      why: `${trigger} uses no cache; set \`cache-mode: read\` to restore, or \`cache-mode: write\` to save as well`,
      notice: `No cache is used for ${trigger}: build objects from a cache cannot be verified. To restore them anyway, set \`cache-mode: read\`.`
    };
  }
  if (isTag) return { restore: true, save: "no", why: `runs on a tag only restore; ${toSave}` };
  if (event.fork) return { restore: true, save: "no", why: `runs for a fork only restore; ${toSave}` };
  if (event.name === "merge_group")
    return { restore: true, save: "no", why: `merge queues only restore; ${toSave}` };
  if (event.name === "pull_request") {
    const why = `pull requests save only if no entry was found; ${toSave}`;
    return { restore: true, save: "if-nothing-found", why };
  }
  if (!trusted2.includes(event.name)) {
    return { restore: true, save: "no", why: `event ${event.name} only restores; ${toSave}` };
  }
  return byBranch(inputs["cache-save-branches"], event);
}
function isTrustedRun(inputs, event) {
  if (event.fork || event.ref.startsWith("refs/tags/") || !trusted2.includes(event.name)) return false;
  return byBranch(inputs["cache-save-branches"], event).save === "yes";
}
function isOwnCode(event) {
  return trusted2.includes(event.name) && !event.fork;
}
function byBranch(saveBranches, event) {
  const branch = event.ref.replace(/^refs\/heads\//, "");
  if (saveBranches.length > 0) {
    const pattern = saveBranches.find((candidate) => matchesGlob(candidate, branch));
    if (pattern !== void 0) {
      return {
        restore: true,
        save: "yes",
        why: `branch ${branch} is in \`cache-save-branches\` (${pattern})`
      };
    }
    return {
      restore: true,
      save: "if-nothing-found",
      why: `branch ${branch} is not in \`cache-save-branches\`, so it saves only if no entry was found; to save, add it there`
    };
  }
  if (event.defaultBranch === void 0) {
    return {
      restore: true,
      save: "if-nothing-found",
      why: "the event does not name the default branch, so this run saves only if no entry was found; to save, list branches in `cache-save-branches`"
    };
  }
  if (branch === event.defaultBranch) {
    return { restore: true, save: "yes", why: `${event.name} on the default branch ${branch}` };
  }
  return {
    restore: true,
    save: "if-nothing-found",
    why: `branch ${branch} is not the default branch, so it saves only if no entry was found; to save, list it in \`cache-save-branches\``
  };
}
function limited(policy, serviceMode) {
  const mayRestore = !["none", "write-only"].includes(serviceMode);
  const maySave = !["none", "read"].includes(serviceMode);
  const restore = policy.restore && mayRestore;
  const save = maySave ? policy.save : "no";
  if (restore === policy.restore && save === policy.save) return policy;
  return { ...policy, restore, save, why: `${policy.why}; ACTIONS_CACHE_MODE allows only ${serviceMode}` };
}

// src/cache/store/github.ts
import { createHash as createHash13 } from "node:crypto";

// src/platform/http-failure.ts
var transientCodes = ["ECONNRESET", "ETIMEDOUT", "EPIPE", "EAI_AGAIN", "ERR_STREAM_PREMATURE_CLOSE"];
function isTransientStatus(status2) {
  return status2 === 408 || status2 === 429 || status2 >= 500 && status2 !== 501;
}
function connectionFailure(error3) {
  const reasons2 = error3 instanceof AggregateError ? error3.errors.map(({ message }) => message) : [];
  const why = [...new Set(reasons2.length > 0 ? reasons2 : [error3.message])].join("; ");
  return { why, isTransient: error3 instanceof HttpTimeout || transientCodes.includes(error3.code ?? "") };
}
var mostQuoted = 1e3;
function errorCodeIn(text4) {
  return /<Code>([^<]*)<\/Code>/.exec(text4)?.[1];
}
function quotable(text4) {
  const code2 = errorCodeIn(text4);
  const message = /<Message>([^<]*)<\/Message>/.exec(text4)?.[1];
  const explanation = code2 === void 0 ? text4 : [code2, message ?? ""].filter(Boolean).join(": ");
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
async function withRetries({ signal, pause: wait = pause, counts }, attempt, progress2 = () => 0) {
  let [count, paused, before] = [0, 0, progress2()];
  for (; ; ) {
    try {
      if (counts !== void 0) counts.requests++;
      return await attempt();
    } catch (error3) {
      signal.throwIfAborted();
      const failure = failureOf2(error3);
      if (progress2() - before >= leastProgress) [count, paused] = [0, 0];
      before = progress2();
      count++;
      if (!failure.isTransient || count >= mostAttempts) throw failure;
      const seconds2 = backoffSeconds(count, failure.retryAfter, random());
      paused += seconds2;
      if (paused > mostPause) throw failure;
      if (counts !== void 0) counts.retries++;
      debug2(
        `transfer: ${failure.message}; trying again in ${seconds2.toFixed(1)} s (${count} of ${mostAttempts - 1})`
      );
      await wait(seconds2, signal);
      if (signal.aborted) throw withCause(signal.reason, failure);
    }
  }
}
function withCause(reason3, { message }) {
  return reason3 instanceof HttpTimeout ? new HttpTimeout(`${reason3.message}; before: ${message}`) : reason3;
}
function failureOf2(error3) {
  if (error3 instanceof TransferFailure) return error3;
  if (error3 instanceof ProxyError)
    return new TransferFailure(error3.message, { status: error3.status, isTransient: error3.status >= 500 });
  const { why, isTransient: isTransient2 } = connectionFailure(error3);
  return new TransferFailure(why, { isTransient: isTransient2 });
}
async function statusFailure(answer, signal) {
  const status2 = answer.statusCode ?? 0;
  const text4 = await bodyText(answer, signal).catch(() => "");
  return textFailure({ status: status2, headers: answer.headers, text: text4 }, isTransientStatus(status2));
}
function textFailure({ status: status2, headers, text: text4 }, isTransient2) {
  const quoted = quotable(text4);
  const retryAfter = parseRetryAfter(headers["retry-after"], now());
  return new TransferFailure(`the server answers ${status2}${quoted === "" ? "" : `: ${quoted}`}`, {
    ...{ status: status2, retryAfter, isTransient: isTransient2, serviceCode: errorCodeIn(text4) }
  });
}
var mostText = 4 * 1024 * 1024;
async function bodyText(answer, signal) {
  const chunks = [];
  let length3 = 0;
  for await (const chunk of withoutSilence(answer, usualWait, signal)) {
    length3 += chunk.length;
    if (length3 > mostText) break;
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
    const text4 = await bodyText(answer, signal);
    try {
      return JSON.parse(text4);
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
async function readRange(object3, from, to, take, options) {
  const { signal, wait = usualWait, connections } = options;
  let [at2, isRenewed] = [from, false];
  await withRetries(
    options,
    async () => {
      if (at2 > from && object3.size !== void 0 && at2 >= Math.min(to, object3.size)) return;
      const headers = {
        range: `bytes=${at2}-${to - 1}`,
        ...object3.etag === void 0 ? {} : { "if-match": object3.etag },
        ...await object3.authorize?.()
      };
      const answer = await sendRequest(object3.url, { method: "GET", headers, wait, signal, connections });
      if (answer.statusCode === 403 && object3.renew !== void 0 && !isRenewed) {
        isRenewed = true;
        answer.destroy();
        object3.url = await object3.renew();
        throw new TransferFailure("the address has expired", { isTransient: true });
      }
      const span2 = await spanOf(answer, at2, to, signal);
      checkSame(object3, answer, span2.size);
      const end = Math.min(to, span2.size);
      let position = span2.from;
      for await (const chunk of withoutSilence(answer, wait, signal)) {
        signal.throwIfAborted();
        const skip = Math.max(0, at2 - position);
        const bytes = chunk.subarray(skip, Math.max(skip, end - position));
        position += chunk.length;
        if (bytes.length > 0) take(bytes, at2);
        at2 += bytes.length;
        if (options.counts !== void 0) options.counts.bytes += bytes.length;
        if (at2 >= end && position > end && answer.statusCode === 200) break;
        if (position > end)
          throw new TransferFailure("the server sends more than the range", { isTransient: false });
      }
      if (at2 < end) throw new TransferFailure("the server ends the range early", { isTransient: true });
    },
    () => at2 - from
  ).catch((error3) => {
    throw error3 instanceof TransferFailure ? object3.explain?.(error3) ?? error3 : error3;
  });
}
async function spanOf(answer, at2, to, signal) {
  if (answer.statusCode === 200) {
    const size2 = Number(answer.headers["content-length"]);
    if (Number.isSafeInteger(size2)) return { from: 0, size: size2 };
    throw refuse(answer, "the server tells no length");
  }
  if (answer.statusCode !== 206) throw await statusFailure(answer, signal);
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.headers["content-range"] ?? "") ?? [];
  const end = Math.min(to, Number(size));
  if (Number(first) === at2 && Number(last) === end - 1) return { from: at2, size: Number(size) };
  throw refuse(answer, `the server answers the range ${answer.headers["content-range"]}`);
}
function refuse(answer, why) {
  answer.destroy();
  return new TransferFailure(why, { isTransient: false });
}
function checkSame(object3, answer, size) {
  const etag = answer.headers.etag;
  if (object3.size !== void 0 && object3.size !== size)
    throw refuse(answer, "the object changed while it was read");
  object3.size = size;
  if (etag !== void 0 && !etag.startsWith("W/")) object3.etag ??= etag;
}

// src/cache/store/object-layout.ts
var skippable2 = { magic: 407710289, header: 8 };
function encodeHead(manifest) {
  const text4 = Buffer.from(encodeManifest(manifest));
  const header2 = Buffer.alloc(skippable2.header);
  header2.writeUInt32LE(skippable2.magic, 0);
  header2.writeUInt32LE(text4.length, 4);
  return Buffer.concat([header2, text4]);
}
function headLength(start, size) {
  if (start.length < skippable2.header || start.readUInt32LE(0) !== skippable2.magic)
    throw new CorruptArchive("it does not begin with a manifest");
  const length3 = start.readUInt32LE(4);
  if (length3 > largestManifest) throw new CorruptArchive(`its manifest has ${length3} bytes`);
  if (skippable2.header + length3 > size) throw new CorruptArchive("it ends within its manifest");
  return skippable2.header + length3;
}
function decodeHead(head, size) {
  const manifest = decodeManifest(head.toString("utf8", skippable2.header), platform());
  const length3 = manifest.shards.reduce((sum2, shard) => sum2 + shard.length, head.length);
  if (size !== length3) throw new CorruptArchive(`it has ${size} bytes instead of ${length3}`);
  return manifest;
}

// src/cache/store/download.ts
var firstRange = 1024 * 1024;
var rangeLength = 2 * 1024 * 1024;
var rangesAtOnce = 8;
var allRings = 64 * 1024 * 1024;
var largestRing = 8 * 1024 * 1024;
async function downloadEntry(object3, options, stop) {
  const start = await readStart(object3, options).catch((error3) => {
    if (error3 instanceof TransferFailure && error3.status === 416) throw new CorruptArchive("it is empty");
    throw error3;
  });
  const bytes = object3.size ?? 0;
  const manifest = decodeHead(start.head, bytes);
  const rings = createRings(ringLengths(manifest.shards.map(({ length: length3 }) => length3)));
  let at2 = start.head.length;
  const shards = manifest.shards.map(({ length: length3 }, index) => {
    const begin = at2;
    at2 += length3;
    const shard = createShardDownload(object3, [begin, at2], rings[index], options);
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
  const whole = shards.reduce((sum2, length3) => sum2 + length3, 0);
  const most2 = whole <= largestRing ? largestRing : Math.min(largestRing, Math.floor(allRings / shards.length));
  return shards.map((length3) => Math.max(1, Math.min(length3, most2)));
}
async function readStart(object3, options) {
  const chunks = [];
  const take = (chunk) => void chunks.push(chunk);
  await readRange(object3, 0, firstRange, take, options);
  const first = Buffer.concat(chunks);
  const end = headLength(first, object3.size ?? 0);
  if (end > first.length) await readRange(object3, first.length, end, take, options);
  const bytes = Buffer.concat(chunks);
  return { head: bytes.subarray(0, end), bytes };
}
function createShardDownload(object3, [begin, end], ring, options) {
  const longest7 = Math.min(rangeLength, Math.max(1, Math.floor(ring.room.byteLength / 2)));
  const ranges = [];
  let next = begin;
  const nextEnd = () => Math.min(end, next + longest7);
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
      const range3 = { at: next, to: nextEnd() };
      ranges.push(range3);
      next = range3.to;
      const take = (chunk, at2) => {
        copyIn(ring, at2 - begin, chunk);
        recordShortLived(chunk.length);
        range3.at = at2 + chunk.length;
        publish();
      };
      return readRange(object3, range3.at, range3.to, take, options);
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
      const range3 = shard.readNext().finally(() => running.delete(range3));
      range3.catch(() => {
      });
      running.add(range3);
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
  const budget = createBudget(entry.maxBytes);
  const fail = (error3) => {
    rings.forEach(failRing);
    throw error3;
  };
  const uploads = rings.map(
    (ring, index) => uploadShard(upload, ring, { partLength, ...numbersOf(index, rings.length) }, budget)
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
    if (manifest === void 0 || budget.isExceeded()) {
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
async function uploadShard(upload, ring, { partLength, first, last }, budget) {
  const pieces2 = [];
  const running = /* @__PURE__ */ new Set();
  const sent = /* @__PURE__ */ new Map();
  let [at2, free, number] = [0, 0, first];
  const release2 = (from, to) => {
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
    const length3 = Math.min(partLength, filledUpTo(ring) - at2);
    if (length3 < partLength && !isLast) {
      await Promise.race([...running, nextChange(ring, seen)]);
      continue;
    }
    if (length3 === 0) break;
    const [from, to] = [at2, at2 + length3];
    const bytes = bytesAt(ring, from, length3);
    at2 = to;
    budget.add(length3);
    if (budget.isExceeded()) release2(from, to);
    else if (length3 < partLength || from === 0 && upload.leastPart > 1) {
      pieces2.push({ kept: Buffer.from(bytes) });
      release2(from, to);
    } else {
      if (number > last) throw new Error(`cannot upload a shard of more than ${at2} bytes`);
      pieces2.push({ part: number, length: length3 });
      const one = upload.putPart(number++, bytes).then(() => {
        running.delete(one);
        release2(from, to);
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
    lengths.reduce((sum2, length3) => sum2 + length3, 0)
  );
}
function joinKept(pieces2) {
  const joined2 = [];
  for (const piece of pieces2) {
    const last = joined2.at(-1);
    if (last !== void 0 && "kept" in last && "kept" in piece)
      joined2[joined2.length - 1] = { kept: Buffer.concat([last.kept, piece.kept]) };
    else joined2.push(piece);
  }
  return joined2;
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
function startDeadline(seconds2) {
  const controller = new AbortController();
  const late = new HttpTimeout(`no answer within ${seconds2} s`);
  const timer = setTimeout(() => controller.abort(late), seconds2 * 1e3);
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
async function within(seconds2, operation) {
  const deadline = startDeadline(seconds2);
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
function denialIn(text4) {
  return /cache write denied:[^\n"]*/.exec(text4)?.[0].trim();
}
function storeDeadlines(environment) {
  const seconds2 = (name, fallback) => {
    const value = Number(environment[name]);
    return Number.isFinite(value) && value > 0 ? value : fallback;
  };
  return { restore: seconds2("GO_DEPS_RESTORE_SECONDS", 300), save: seconds2("GO_DEPS_SAVE_SECONDS", 600) };
}

// src/cache/store/github.ts
var version = createHash13("sha256").update("go-deps-action object 1").digest("hex");
function githubStore(variables, deadlines, onForeign = () => void 0) {
  return objectStore(githubService(variables, onForeign), deadlines);
}
function githubService(variables, onForeign) {
  const call = async (method, message, options) => {
    try {
      return await callService(variables, method, message, options);
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
    const url = textOf2(answer, "signed_download_url", "signedDownloadUrl");
    return answer.ok === true && url !== "" ? { url: addressOf(url), key: textOf2(answer, "matched_key", "matchedKey") } : void 0;
  };
  return {
    name: "github",
    unavailable: unavailability(variables),
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
      const finalize = async (length3) => {
        const message = { key, size_bytes: String(length3), version };
        const finalized = await call("FinalizeCacheEntryUpload", message, options);
        return finalized.ok === true ? { kind: "saved" } : { kind: "not-saved", message: textOf2(finalized, "message", "message") };
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
    complete: async (numbers, length3) => {
      const list6 = numbers.map((number) => `<Latest>${idOf(number)}</Latest>`).join("");
      const body = Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list6}</BlockList>`);
      const headers = { "content-type": "application/xml" };
      await putBytes(withQuery(url, { comp: "blocklist" }), headers, body, options);
      return finalize(length3);
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
  const { status: status2 = 0, message } = error3;
  const isError = /"code"\s*:\s*"(?!bad_route")/.test(message);
  const isForeign = status2 === 200 || status2 >= 300 && status2 < 400;
  if (!isForeign && (isError || ![404, 405, 501].includes(status2))) return void 0;
  const what = status2 === 200 ? "something other than a result" : status2;
  return `the server of ACTIONS_RESULTS_URL does not speak version 2 of the cache service: it answers ${what}`;
}
function textOf2(answer, name, camelName) {
  const value = answer[name] ?? answer[camelName];
  return typeof value === "string" ? value : "";
}
function addressOf(text4) {
  const url = URL.canParse(text4) ? new URL(text4) : void 0;
  if (url !== void 0 && /^https?:$/.test(url.protocol)) return url;
  throw new TransferFailure("the cache service answers an address that is none", { isTransient: false });
}
async function reserve(call) {
  try {
    const answer = await call();
    const url = textOf2(answer, "signed_upload_url", "signedUploadUrl");
    if (answer.ok === true && url !== "") return { url: addressOf(url) };
    return refusalOf(textOf2(answer, "message", "message"));
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
import { createHash as createHash14 } from "node:crypto";

// src/platform/text-request.ts
async function requestText(prepare, options, isTransient2 = ({ status: status2 }) => isTransientStatus(status2)) {
  const { signal, wait = usualWait, connections } = options;
  let attempt = 0;
  return withRetries(options, async () => {
    const { url, ...request } = await prepare(++attempt);
    const answer = await sendRequest(url, { ...request, wait, signal, connections });
    const read2 = {
      ...{ status: answer.statusCode ?? 0, headers: answer.headers },
      text: await bodyText(answer, signal)
    };
    if (isTransient2(read2)) throw textFailure(read2, true);
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
  const load3 = () => {
    loaded ??= credentialsNeeded(() => loadSdk(region2));
    return loaded;
  };
  return {
    send: async ({ method, url, headers = {}, body }, options) => {
      const { signer, parseXml } = await load3();
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
        ({ status: status2, text: text4 }) => isTransientStatus(status2) || transientCodes2.test(text4)
      );
      return { ...answer, document: documentOf(answer.text, parseXml), isRetried: attempts > 1 };
    },
    authorize: async (url) => {
      const { signer } = await load3();
      return credentialsNeeded(() => signer.sign("GET", url, { "x-amz-content-sha256": sha256Of() }));
    }
  };
}
function sha256Of(body = Buffer.alloc(0)) {
  return createHash14("sha256").update(body).digest("hex");
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
function documentOf(text4, parse3) {
  try {
    return text4.trimStart().startsWith("<") ? parse3(text4) : void 0;
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
    name: textOf3(one, "Key"),
    modified: Date.parse(textOf3(one, "LastModified")) || 0
  }));
  const isTruncated = textOf3(result, "IsTruncated") === "true";
  return { objects, next: isTruncated ? textOf3(result, "NextContinuationToken") : void 0 };
}
function uploadId({ document: document2 }) {
  return textOf3(child2(document2, "InitiateMultipartUploadResult"), "UploadId");
}
function errorCode2({ document: document2 }) {
  return textOf3(child2(document2, "Error"), "Code");
}
function isSuccess(answer) {
  return answer.status >= 200 && answer.status < 300 && errorCode2(answer) === "";
}
function errorWords(answer) {
  const words2 = [errorCode2(answer), textOf3(child2(answer.document, "Error"), "Message")].filter(Boolean);
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
  const header2 = headers["x-amz-bucket-region"];
  const text4 = typeof header2 === "string" && header2 !== "" ? header2 : textOf3(child2(document2, "Error"), "Region");
  return /^[a-z0-9-]+$/.test(text4) ? text4 : "";
}
function skewText({ headers }, host, now2) {
  const server = Date.parse(headers.date ?? "");
  const minutes = Math.round(Math.abs(now2 - server) / 6e4);
  const difference2 = Number.isNaN(server) ? "is too far from" : `is ${minutes} minutes ${now2 > server ? "ahead of" : "behind"}`;
  return `the clock of this runner ${difference2} that of ${host}: synchronize it, for example with NTP`;
}
function explainCredentials(message) {
  const isNone = /^Could not load credentials from any providers/.test(message);
  const why = isNone ? "no credentials were found" : `the credentials cannot be used: ${message.slice(0, 300)}`;
  const fix2 = isNone ? "put aws-actions/configure-aws-credentials before this step, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Runs for forks get neither" : "correct the role, profile or variables that name them";
  return `${why}: ${fix2}`;
}
function child2(value, name) {
  return typeof value === "object" && value !== null ? value[name] : void 0;
}
function textOf3(value, name) {
  const text4 = child2(value, name);
  return typeof text4 === "string" ? text4.trim() : "";
}

// src/cache/store/s3-target.ts
function s3Address({ bucket, endpoint: endpoint2, pathStyle }, name, query = {}) {
  const url = new URL(endpoint2);
  if (!pathStyle) url.hostname = `${bucket}.${url.hostname}`;
  url.pathname = `${pathStyle ? `/${bucket}` : ""}/${name.split("/").map(strictlyEncoded).join("/")}`;
  url.search = Object.entries(query).map(([key, value]) => `${key}=${strictlyEncoded(value)}`).join("&");
  return url;
}
function strictlyEncoded(text4) {
  const hex = (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text4).replaceAll(/[!'()*]/g, hex);
}

// src/cache/store/s3-bucket.ts
function bucketOf(target, client) {
  return {
    target,
    send: ({ name, query, ...request }, options) => explained(() => client.send({ ...request, url: s3Address(target, name, query) }, options), target),
    failure: (answer, operation, area) => {
      debug2(`S3: ${operation} ${area}: ${answer.status} ${errorWords(answer)}`);
      const text4 = explainS3Error(answer, operation, target, area, now());
      return new TransferFailure(text4, { status: answer.status, isTransient: false });
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
function xmlText(text4) {
  return text4.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
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
      const explain2 = (failure) => explainDownload(target, name.area, failure);
      return { key: name.key, object: { url, authorize, explain: explain2 } };
    },
    create: (key, options) => s3Upload(bucket, key, randomUUID3(), options),
    check: (most2) => check(bucket, Math.min(most2, mostCheck))
  };
}
var mostCheck = 15;
async function check(bucket, seconds2) {
  const { target } = bucket;
  const signal = AbortSignal.timeout(seconds2 * 1e3);
  const late = new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  const lists = target.read.map((area) => list5(bucket, area, "", { signal }, 1));
  try {
    await Promise.race([Promise.all(lists), late]);
    return void 0;
  } catch (error3) {
    return signal.aborted ? `${new URL(target.endpoint).host} gives no answer within ${seconds2} s` : error3.message;
  }
}
function explainDownload(target, area, failure) {
  const { status: status2 = 0, serviceCode, isTransient: isTransient2 } = failure;
  if (serviceCode === void 0 || isTransient2) return failure;
  const document2 = { Error: { Code: serviceCode } };
  const text4 = explainS3Error({ status: status2, headers: {}, document: document2 }, "read", target, area, now());
  return new TransferFailure(text4, { status: status2, isTransient: isTransient2, serviceCode });
}
async function findName(bucket, key, prefixes, options) {
  const { read: read2 } = bucket.target;
  const listings = /* @__PURE__ */ new Map();
  const listAll = async (prefix3) => {
    const known = [...listings].find(([listed3]) => prefix3.startsWith(listed3))?.[1];
    const all = known ?? await Promise.all(read2.map((area) => list5(bucket, area, prefix3, options)));
    listings.set(prefix3, all);
    return all;
  };
  const first = await listAll(key);
  for (const [index, area] of read2.entries())
    if (first[index]?.some(({ name }) => name === key)) return { area, key };
  for (const prefix3 of prefixes) {
    const all = await listAll(prefix3);
    for (const [index, area] of read2.entries()) {
      const matching = (all[index] ?? []).filter(({ name }) => name.startsWith(prefix3));
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
async function list5(bucket, area, prefix3, options, most2 = Number.POSITIVE_INFINITY) {
  const objects = [];
  let next = "";
  do {
    const query = {
      "list-type": "2",
      prefix: area + prefix3,
      ...most2 < 1e3 ? { "max-keys": String(most2) } : {},
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
  } while (next !== void 0 && objects.length < most2);
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
import * as fs10 from "node:fs";
import * as path31 from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath as fileURLToPath2 } from "node:url";
function parseOutputCommands(output) {
  const masks = [];
  const debugLines = [];
  const annotations2 = [];
  for (const line of output.split(/\r?\n/)) {
    const command = /^::([a-z-]+)[^:]*::(.*)$/.exec(line);
    const [name, text4] = [command?.[1], unescaped(command?.[2] ?? line)];
    if (name === "add-mask") masks.push(text4);
    else if (name === "warning" || name === "error") annotations2.push({ level: name, text: text4.trim() });
    else if (text4.trim() !== "") debugLines.push(text4);
  }
  return { masks, debugLines, annotations: annotations2 };
}
function unescaped(data) {
  return data.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}
var entryName = "entry";
var killTimeout2 = 3e3;
var answerName = "answer.json";
async function runCacheClient(request, place2) {
  const home = fs10.realpathSync(fs10.mkdtempSync(path31.join(place2.scratch, `${request.operation}-`)));
  const entry = path31.join(home, entryName);
  try {
    if (request.operation === "save" && place2.folder !== void 0) renamePatiently(place2.folder, entry);
    const seconds2 = request.operation === "save" ? place2.deadlines.save : place2.deadlines.restore;
    const output = await runChild(request, home, seconds2, place2);
    if (output === "late") return { kind: "failed", why: `no answer within ${seconds2} s` };
    const answer = readAnswer(path31.join(home, answerName));
    if (answer === void 0) {
      const words2 = [...output.annotations.map(({ text: text4 }) => text4), ...output.debugLines.slice(-1)].join("; ");
      return { kind: "failed", why: `the cache client ended without an answer: ${words2}` };
    }
    if (answer.error !== void 0) return { kind: "failed", why: answer.error };
    if (request.operation === "restore" && answer.key !== void 0 && place2.folder !== void 0) {
      renamePatiently(entry, place2.folder);
    }
    const message = output.annotations.map(({ text: text4 }) => text4).join("; ");
    return { kind: "done", ...answer, message, debugOutput: output.debugLines.join("\n") };
  } catch (error3) {
    return { kind: "failed", why: error3.message };
  } finally {
    removeIfPossible(home);
  }
}
async function runChild(request, home, seconds2, {
  variables,
  onOutput = () => void 0
}) {
  const child3 = spawn3(process.execPath, [...cacheClientArguments()], {
    cwd: home,
    env: cacheClientEnvironment(home, variables),
    stdio: ["pipe", "pipe", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true
  });
  const stop = () => killTree(child3);
  const release2 = onExit(stop);
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
  const late = new Promise((resolve19) => {
    timer = setTimeout(() => resolve19("late"), seconds2 * 1e3);
  });
  const ended = new Promise((resolve19, reject) => {
    child3.once("error", reject);
    child3.once("close", () => resolve19("ended"));
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
    release2();
    stop();
  }
}
async function waitForExit(child3, ended) {
  const timer = new AbortController();
  const isGone = await Promise.race([
    ended.then(() => true),
    delay(killTimeout2, false, { signal: timer.signal })
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
    return JSON.parse(fs10.readFileSync(file, "utf8"));
  } catch {
    return void 0;
  }
}
function cacheClientEnvironment(home, variables) {
  const inherited = Object.entries(childEnvironment(variables)).filter(
    ([name]) => !/^(INPUT_|STATE_|GITHUB_(ENV|OUTPUT|PATH|STATE|STEP_SUMMARY)$|TAR_OPTIONS$)/i.test(name)
  );
  return { ...Object.fromEntries(inherited), GITHUB_WORKSPACE: home, RUNNER_TEMP: home };
}
function cacheClientArguments() {
  const script = entryUrl("cache-client");
  const swap = new URL("./envelope-swap.ts", import.meta.url).href;
  return [...script.pathname.endsWith(".ts") ? ["--import", swap] : [], fileURLToPath2(script)];
}

// src/cache/store/toolkit.ts
function toolkitStore(given, scratch2, deadlines) {
  const variables = withClosedAddress(given);
  return {
    unavailable: unavailability2(variables),
    restore: async (key, prefixes, folder) => {
      const answer = await runCacheClient(
        { operation: "restore", key, prefixes },
        { scratch: scratch2, folder, deadlines, variables }
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
        { scratch: scratch2, deadlines, variables }
      );
      if (answer.kind !== "done") return answer;
      return answer.key === void 0 ? { kind: "nothing", message: answer.message } : { kind: "found", key: answer.key };
    },
    holds: async (key) => {
      const answer = await runCacheClient(
        { operation: "lookup", key, prefixes: [] },
        { scratch: scratch2, deadlines, variables }
      );
      if (answer.kind !== "done") return answer;
      return answer.key === key ? { kind: "exists" } : { kind: "nothing", message: answer.message };
    },
    save: async (key, entry, folder, onAccepted = () => void 0) => {
      if (!await entry.toFolder(folder)) return { kind: "withdrawn" };
      let last = "";
      const onOutput = (text4) => {
        if (accepted.test(last + text4)) onAccepted();
        last = text4.slice(-100);
      };
      const answer = await runCacheClient(
        { operation: "save", key, prefixes: [] },
        { scratch: scratch2, folder, deadlines, variables, onOutput }
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
function unavailability2(variables) {
  const name = serviceVersion(variables) === "v2" ? "ACTIONS_RESULTS_URL" : "ACTIONS_CACHE_URL";
  return (variables[name] ?? "") === "" ? "this runner offers no cache service" : void 0;
}
function withClosedAddress(variables) {
  const { ACTIONS_CACHE_URL: url = "" } = variables;
  return url === "" || url.endsWith("/") ? variables : { ...variables, ACTIONS_CACHE_URL: `${url}/` };
}

// src/cache/store/choose.ts
function chooseBackend(variables, backend) {
  if (backend !== "auto") return backend;
  return serviceVersion(variables) === "v2" ? "github" : "toolkit";
}
function chooseStore(variables, scratch2, backend = "auto") {
  const deadlines = storeDeadlines(variables);
  if (chooseBackend(variables, backend) === "toolkit") return toolkitStore(variables, scratch2, deadlines);
  const older = toolkitStore({ ...variables, ACTIONS_CACHE_SERVICE_V2: "" }, scratch2, deadlines);
  if (backend !== "auto" || older.unavailable !== void 0) return githubStore(variables, deadlines);
  return withFallback((onForeign) => githubStore(variables, deadlines, onForeign), older);
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
async function openS3Store(variables, target, isChecked) {
  const service = s3Service(target);
  const deadlines = storeDeadlines(variables);
  const unavailable = isChecked ? await service.check(deadlines.restore) : void 0;
  return objectStore({ ...service, unavailable }, deadlines);
}
function storeId(choice2) {
  return typeof choice2 === "string" ? choice2 : [choice2.endpoint, choice2.bucket, choice2.save].join(" ");
}
function backendName(variables, choice2) {
  if (typeof choice2 === "object") return "s3";
  return chooseBackend(variables, choice2);
}

// src/cache/cache.ts
async function restoreModuleCache(job, transfer, mayQueryDatabase) {
  const { modules: plan, policy } = job.plan;
  if (!plan.wanted) return { name: "modules", plan, hadZips: false, isExclusive: false };
  const location = moduleCacheLocation(job);
  const restore = async () => {
    const isExclusive = lstat2(path32.join(location.directory, "cache", "download")) === void 0;
    const named = namedVersions(job);
    const { needed } = named;
    const sums = recordedSums(job.roots.flatMap(sumsOf));
    writeFile2(path32.join(transfer.folder, namedFile), JSON.stringify({ ...named, sums: encodeSums(sums) }));
    const save = isRestoreAction(job.inputs) ? "no" : policy.save;
    shareWithOtherUses(
      transfer.folder,
      { key: plan.key.full, store: storeId(job.plan.store), save, began: now() },
      named
    );
    if (!policy.restore)
      return { name: "modules", plan, skipped: policy.why, hadZips: false, isExclusive };
    const proof = job.inputs.verify ? proofFor(job, sums, transfer, mayQueryDatabase) : void 0;
    const { hadZips, held, wrong, ...outcome } = await restoreModules(
      transfer,
      location,
      plan.key,
      needed,
      proof
    );
    const report = { name: "modules", plan, outcome, hadZips, isExclusive, wrong };
    if (outcome.found !== "partial" || outcome.alreadyCached) return report;
    const [builds, files] = [new Set(needed), new Set(named.trees)];
    const before = held.filter((name) => builds.has(name) || !files.has(name));
    return { ...report, changes: compareModules(before, needed) };
  };
  return restore().catch((error3) => ({
    name: "modules",
    plan,
    outcome: cacheMiss(reason(error3)),
    hadZips: false,
    isExclusive: false
  }));
}
async function restoreBuildCache(job, transfer) {
  const { build: plan, policy } = job.plan;
  const base = { name: "build", plan, isExclusive: false, testInputs: [] };
  if (!plan.wanted) return base;
  const restore = async () => {
    const directory2 = job.go.env.GOCACHE ?? "";
    const location = {
      ...{ directory: directory2, family: jobKindHash(plan.key, job.repository) },
      ...{ repository: job.repository, job: jobHash(job), folder: transfer.folder }
    };
    if (!policy.restore)
      return { ...base, skipped: policy.why, isExclusive: registerBuildUse(location, plan.key) };
    const { isExclusive, testInputs, ...outcome } = await restoreBuild(transfer, location, plan.key);
    return { name: "build", plan, outcome, isExclusive, testInputs };
  };
  return restore().catch((error3) => ({ ...base, outcome: cacheMiss(reason(error3)) }));
}
async function restoreToolchainCache(job, transfer) {
  const { toolchain, policy } = job.plan;
  const { plan, name } = toolchain;
  if (!plan.wanted) return { name: "toolchain", plan };
  if (!policy.restore) return { name: "toolchain", plan, skipped: policy.why };
  const outcome = await restoreToolchain(transfer, moduleCacheLocation(job), plan.key, name, job.env).catch(
    (error3) => cacheMiss(reason(error3))
  );
  return { name: "toolchain", plan, outcome };
}
function lookUpCaches({ plan }, transfer) {
  const { policy } = plan;
  const lookUp3 = async (name) => {
    const one = plan[name];
    if (!one.wanted) return { name, plan: one };
    if (!policy.restore) return { name, plan: one, skipped: policy.why };
    const outcome = await lookUpEntry(transfer, one.key).catch((error3) => cacheMiss(reason(error3)));
    return { name, plan: one, outcome };
  };
  return Promise.all([lookUp3("modules"), lookUp3("build")]);
}
function proofFor({ go: go2, env, uncheckedModules }, sums, { folder }, mayQueryDatabase) {
  const { GOMODCACHE: gomodcache = "", GOPROXY: goproxy = "" } = go2.env;
  return {
    sums,
    ask: async (all, stage) => {
      const names = all.filter(
        (name) => !matchesModulePatterns(uncheckedModules, splitModuleVersion(name).path)
      );
      if (!mayQueryDatabase || names.length === 0) return noRecordedSums;
      return queryChecksumDatabase(names, stage, { gomodcache, goproxy, folder, env });
    }
  };
}
function moduleCacheLocation({ go: go2, workspace }) {
  const { GOMODCACHE = "", GOFLAGS = "" } = go2.env;
  const readOnly = !hasGoFlag(GOFLAGS, "modcacherw") && !mustBeRemovable(GOMODCACHE, workspace);
  return { directory: GOMODCACHE, readOnly };
}
function reason(error3) {
  return error3 instanceof Error ? error3.message : String(error3);
}
async function startTransfer(folder, variables, choice2, isChecked) {
  const store2 = typeof choice2 === "object" ? await openS3Store(variables, choice2, isChecked) : chooseStore(variables, folder, choice2);
  return { store: store2, folder, variables, access: writeAccess() };
}

// src/cache/directories.ts
import * as path33 from "node:path";
var cacheVariables = [
  // GOMODCACHE is below GOPATH where it is not set itself (cmd/go/internal/cfg/cfg.go).
  { name: "GOMODCACHE", input: "cache-modules", folder: "mod", choices: ["GOMODCACHE", "GOPATH"] },
  { name: "GOCACHE", input: "cache-build", folder: "build", choices: ["GOCACHE"] }
];
function planCacheDirectories(facts) {
  const { inputs, platform: platform3, temp, runner, env, existing, isPopulated: isPopulated2 } = facts;
  if (platform3 !== "win32" || !inputs.cache) return [];
  const [drive, folderOfTemp] = [driveOf(temp), path33.win32.normalize(temp)];
  if (drive === void 0 || path33.win32.basename(folderOfTemp) === "") return [];
  return cacheVariables.flatMap(({ name, input, folder, choices }) => {
    const directory2 = env[name] ?? "";
    const from = driveOf(directory2);
    if (!inputs[input] || from === void 0 || from === drive) return [];
    if (choices.some((choice2) => existing(choice2) !== "")) return [];
    if (runner !== "github-hosted" && isPopulated2(directory2)) return [];
    const value = path33.win32.join(path33.win32.dirname(folderOfTemp), "_go-deps", folder);
    const why = `Windows runners with two drives have RUNNER_TEMP on the faster one, ${drive}; the default is on ${from}`;
    return [{ name, value, shown: value, why }];
  });
}
function driveOf(directory2) {
  return /^([a-z]:)[\\/]/i.exec(directory2)?.[1]?.toUpperCase();
}
function moveCacheDirectories(inputs, go2, userEnv, system = platform()) {
  const temp = userEnv.variable("RUNNER_TEMP");
  const planned = planCacheDirectories({
    inputs,
    platform: system,
    temp: lstat2(temp) === void 0 ? temp : realPath(temp),
    runner: userEnv.variable("RUNNER_ENVIRONMENT"),
    env: go2.env,
    existing: userEnv.setting,
    isPopulated
  });
  const changes = inputs["dry-run"] ? planned : planned.filter(({ value }) => isCreated(value));
  return { go: { ...go2, env: { ...go2.env, ...valuesOf(changes) } }, changes };
}
function isPopulated(directory2) {
  return lstat2(path33.join(directory2, "cache", "download")) !== void 0 || holdsObjects(directory2);
}
function isCreated(directory2) {
  try {
    makeDirectory(directory2);
    return true;
  } catch (error3) {
    info2(
      `A Go cache keeps its default directory, because ${directory2} cannot be created: ${error3.message}`
    );
    return false;
  }
}

// src/cache/excluded-modules.ts
var privatePatternsVariable = "GO_DEPS_PRIVATE_MODULES";
function privatePatternsToShare(inputs, { isPublic }, privateModules) {
  return !opensModules(inputs) || mayCachePrivate(inputs, { isPublic }) ? "" : privateModules || "*";
}
function opensModules(inputs) {
  return inputs.credentials.credentials.length + inputs["ssh-private-key"].keys.length > 0;
}
function mayCachePrivate(inputs, { isPublic }) {
  return inputs["cache-private"] || isPublic === false;
}
var nothingExcluded = { patterns: "", build: false, why: "" };
function planExcludedModules(inputs, { isPublic }, roots, privateModules) {
  if (mayCachePrivate(inputs, { isPublic })) return nothingExcluded;
  const hasKeys = inputs["ssh-private-key"].keys.length > 0;
  const hasCredentials = opensModules(inputs);
  const patterns2 = privateModules === "" && hasCredentials ? "*" : privateModules;
  const visibility = isPublic === true ? "this repository is public" : "the visibility of this repository is unknown";
  const why = `${visibility}, and it holds compiled code of private modules; to save it anyway, set \`cache-private: true\``;
  const modules = roots.flatMap(sumsOf).flatMap(({ trees, goMods }) => [...trees, ...goMods]);
  const isRequired = modules.some(({ path: path82 }) => matchesModulePatterns(patterns2, path82));
  if (!isRequired && !hasCredentials) return { patterns: patterns2, why, build: false };
  const which2 = patterns2 === "*" ? `Modules are not cached, because \`${hasKeys ? "ssh-private-key" : "credentials"}\` may open any of them` : "Private modules are not cached";
  return {
    patterns: patterns2,
    why,
    build: true,
    notice: `${which2}, and the build cache is not saved: ${visibility}, and everyone who can open a pull request could read them there. To cache them anyway, set \`cache-private: true\`.${patterns2 === "*" ? " To exclude only some modules, list them in `goprivate`." : ""}`
  };
}

// src/cache/required-entries.ts
var required = {
  modules: { title: "module cache", jobs: "a job of this repository with the same `cache-key`" },
  build: {
    title: "build cache",
    jobs: "a job with the same `cache-key`, system, architecture, Go version and environment"
  }
};
function missProblems(requested, reports) {
  const names = requested === "true" ? ["modules", "build"] : [requested];
  return names.flatMap((name) => {
    const report = name === "false" ? void 0 : reports.find((one) => one?.name === name);
    return name === "false" || report === void 0 ? [] : missProblem(requested, name, report);
  });
}
function missProblem(requested, name, { plan, outcome, skipped: skipped3 }) {
  if (!plan.wanted || outcome !== void 0 && outcome.found !== "miss") return [];
  const { title: title2, jobs } = required[name];
  const input = `Input \`fail-on-cache-miss\` is "${requested}"`;
  if (skipped3 !== void 0) {
    return [
      {
        what: `${input}, but the ${title2} is not restored: ${skipped3}`,
        allowed: "",
        fix: "Restore it, for example with `cache-mode: read`, or remove the input."
      }
    ];
  }
  const error3 = outcome?.error ?? "";
  if (error3 !== "") {
    return [
      {
        what: `${input}, and no entry of the ${title2} was restored: ${error3}`,
        allowed: "",
        fix: "Correct this, or rerun the job if it was an outage. To continue without an entry, remove the input."
      }
    ];
  }
  return [
    {
      what: `${input}, and there is no entry of the ${title2} for key ${plan.key.full}`,
      allowed: "",
      fix: `First run ${jobs} that saves one, with \`org/go-deps-action\` or \`org/go-deps-action/save\`. Or remove the input.`
    }
  ];
}

// src/cache/s3-areas.ts
function planS3Target(inputs, server, event, repository) {
  const start = inputs["s3-prefix"] === "" ? "" : `${inputs["s3-prefix"]}/`;
  const trusted3 = `${start}trusted/${repository}/`;
  const isTrusted = isTrustedRun(inputs, event);
  const own2 = isTrusted ? trusted3 : `${start}untrusted/${repository}/${runArea(event)}/`;
  const { bucket, region: region2, endpoint: endpoint2, pathStyle } = server;
  return {
    ...{ bucket, region: region2, endpoint: endpoint2, pathStyle, isTrusted },
    save: own2,
    read: isTrusted ? [trusted3] : [own2, trusted3]
  };
}
function runArea(event) {
  const ref = objectNameText(event.ref.replace(/^refs\//, "").replace(/^(pull\/\d+)\/.*$/, "$1") || "none");
  return isOwnCode(event) || /^refs\/pull\//.test(event.ref) ? ref : `event/${objectNameText(event.name)}/${ref}`;
}
function objectNameText(text4) {
  const hex = (bytes) => [...bytes].map((byte) => `!${byte.toString(16).padStart(2, "0")}`).join("");
  return text4.replaceAll(/[^A-Za-z0-9._/-]+/g, (one) => hex(Buffer.from(one)));
}
function s3TargetText({ bucket, endpoint: endpoint2, read: read2, save }) {
  const others = read2.filter((area) => area !== save);
  const reads = others.length === 0 ? "" : `, and also reads ${others.join(", ")}`;
  return `S3 bucket ${bucket} at ${endpoint2.replace(/^https?:\/\//, "")}, ${save}${reads}`;
}
function deleteCommand(choice2, key) {
  if (typeof choice2 !== "object") return `gh cache delete ${key}`;
  return `aws s3 rm s3://${choice2.bucket}/${choice2.read.at(-1)}${key}`;
}

// src/bundle/collect.ts
import * as path35 from "node:path";

// src/bundle/fetch.ts
import * as path34 from "node:path";
import { pathToFileURL as pathToFileURL2 } from "node:url";
function pathInBundle(name, kind) {
  return bundlePath(splitModuleVersion(name), kind);
}
async function collectFiles(sources) {
  const described = await describeFiles([...sources.values()]);
  return new Map(
    [...sources].flatMap(([inBundle, source]) => {
      const file = described.get(source);
      return file === void 0 ? [] : [[inBundle, { ...file, source }]];
    })
  );
}
var parallel = { GOMAXPROCS: "16" };
function scratchModule(directory2, sums, options) {
  makeDirectory(directory2);
  writeFile2(path34.join(directory2, "go.mod"), "module bundle.invalid\n\ngo 1.17\n");
  writeFile2(path34.join(directory2, "go.sum"), sumLines(sums));
  const writable = hasGoFlag(options.goflags, "modcacherw") ? " -modcacherw" : "";
  return {
    directory: directory2,
    retries: options.retries,
    root: options.root,
    env: options.env.with({
      ...parallel,
      GO111MODULE: "on",
      GOWORK: "off",
      GOFLAGS: `-mod=mod${writable}`,
      ...options.set
    })
  };
}
function freshScratchModule(name, { gomodcache, goproxy, folder, env, retries, root }) {
  const own2 = path34.join(folder, name);
  const downloaded = (modules2) => path34.join(modules2, "cache", "download");
  const modules = path34.join(own2, "modules");
  const scratch2 = scratchModule(path34.join(folder, `${name}-module`), [], {
    ...{ env, goflags: "-modcacherw", retries, root },
    set: {
      // GOPATH holds earlier answers of the checksum database (cmd/go/internal/modfetch/sumdb.go, ReadConfig).
      GOPATH: own2,
      GOMODCACHE: modules,
      GOPROXY: `${pathToFileURL2(downloaded(gomodcache)).href},${goproxy}`,
      // Go must not fetch another toolchain to run this command.
      GOTOOLCHAIN: "local"
    }
  });
  return { scratch: scratch2, download: downloaded(modules) };
}
async function goOverNames({ directory: directory2, env, retries }, args, names) {
  const all = [];
  for (const batch of inBatches(names)) {
    all.push(await runGo([...args, "--", ...batch], { cwd: directory2, env, retries }));
  }
  return all;
}
async function downloadNames(module, names) {
  for (const ran of await goOverNames(module, ["mod", "download"], names)) {
    if (ran.code !== 0) throw new GoCommandError("`go mod download` failed for the bundle", module.root, ran);
  }
}
function sumsNow({ directory: directory2 }) {
  const file = path34.join(directory2, "go.sum");
  return parseGoSum(readText(file) ?? "", file);
}
function sumLines(sums) {
  const lines2 = sums.flatMap(({ trees, goMods }) => [
    ...trees.map(({ path: path82, version: version3, h1 }) => `${path82} ${version3} ${h1}
`),
    ...goMods.map(({ path: path82, version: version3, h1 }) => `${path82} ${version3}/go.mod ${h1}
`)
  ]);
  return [...new Set(lines2)].sort().join("");
}
async function collectSumdb(names, request) {
  const { scratch: scratch2, download: download2 } = freshScratchModule("bundle-sumdb", request);
  for (const ran of await goOverNames(scratch2, ["list", "-m", "-f", "{{.GoVersion}}"], names)) {
    if (ran.code !== 0)
      throw new GoCommandError("The checksum database could not be queried for the bundle", request.root, ran);
  }
  const databases = path34.join(download2, "sumdb");
  for (const { name } of entriesOf(databases)) writeFile2(path34.join(databases, name, "supported"), "");
  return collectFiles(
    new Map(filesBelow(databases).map((file) => [`sumdb/${file}`, path34.join(databases, file)]))
  );
}
async function collectToolchains(names, request) {
  if (names.length === 0) return { modules: [], files: /* @__PURE__ */ new Map() };
  const { scratch: scratch2, download: download2 } = freshScratchModule("bundle-toolchains", request);
  await downloadNames(scratch2, names);
  const list6 = path34.join(request.folder, "toolchain-list");
  writeFile2(list6, `${names.map((name) => splitModuleVersion(name).version).join("\n")}
`);
  const sources = new Map([
    [toolchainList, list6],
    ...names.flatMap(
      (name) => bundleKinds.map(
        (kind) => [pathInBundle(name, kind), path34.join(download2, pathInBundle(name, kind))]
      )
    )
  ]);
  const files = await collectFiles(sources);
  const modules = names.map((name) => {
    const zip = files.get(pathInBundle(name, "zip"));
    const proven = readText(path34.join(download2, pathInBundle(name, "zip").replace(/zip$/, "ziphash")))?.trim();
    if (zip === void 0 || zip.h1 !== proven)
      throw new BundleMismatch(
        `No bundle was created: ${name} hashes to ${zip?.h1}, but Go computed ${proven}.`
      );
    const version3 = splitModuleVersion(name).version;
    const goMod = files.get(pathInBundle(name, "mod"));
    return { path: toolchainPath, version: version3, h1: zip.h1, ...goMod === void 0 ? {} : { goModH1: goMod.h1 } };
  });
  return { modules, files };
}

// src/bundle/select.ts
function selectForBundle(listed3, scope) {
  const [zips, infos, hashed2] = [/* @__PURE__ */ new Set(), /* @__PURE__ */ new Set(), /* @__PURE__ */ new Set()];
  for (const { root, listed: modules } of listed3) {
    const hashedHere = hashedTrees(root);
    for (const name of hashedHere) hashed2.add(name);
    const names = modules?.map(({ fetched }) => fetched) ?? neededTrees(root);
    for (const name of names) {
      infos.add(name);
      if (scope === "all" || hashedHere.has(name)) zips.add(name);
    }
  }
  const sums = listed3.flatMap(({ root }) => sumsOf(root));
  const goMods = /* @__PURE__ */ new Set([...sums.flatMap((sum2) => sum2.goMods.map(moduleVersionName)), ...zips]);
  return {
    zips: [...zips].sort(),
    goMods: [...goMods].sort(),
    infos: [...infos].sort(),
    unused: [...hashed2].filter((name) => !zips.has(name)).sort()
  };
}
function compareWithCheckout(content, roots, isTrusted) {
  const modules = new Map(content.modules.map((module) => [moduleVersionName(module), module]));
  const unused = new Set(content.unused);
  const needed = new Set(roots.flatMap(neededTrees));
  const sums = roots.flatMap(sumsOf);
  const gaps = [];
  const compare2 = (sum2, part, isNeeded, found) => {
    if (found === sum2.h1 || found === void 0 && !isNeeded) return;
    gaps.push({ name: moduleVersionName(sum2), part, expected: sum2.h1, found: found ?? "" });
  };
  for (const sum2 of sums.flatMap(({ trees }) => trees)) {
    const name = moduleVersionName(sum2);
    compare2(sum2, "files", needed.has(name) || !unused.has(name), modules.get(name)?.h1);
  }
  for (const sum2 of sums.flatMap(({ goMods }) => goMods)) {
    const name = moduleVersionName(sum2);
    compare2(sum2, "go.mod", !unused.has(`${name}/go.mod`), modules.get(name)?.goModH1);
  }
  const named = new Set(sums.flatMap(({ trees, goMods }) => [...trees, ...goMods]).map(moduleVersionName));
  const isForThisCheckout = isTrusted && content.sums === sumsDigest(sums);
  const extra = [...modules].flatMap(
    ([name, { mod, zip }]) => (
      // A module with only an `.info` is pruned, and only the list of all modules names it.
      isForThisCheckout || (mod ?? zip) === void 0 || named.has(name) ? [] : [name]
    )
  );
  const unique = new Map(gaps.map((gap) => [JSON.stringify(gap), gap]));
  return { gaps: [...unique.values()], extra: extra.sort() };
}
function servedFiles(content, roots, isTrusted) {
  const all = bundleFiles(content);
  const sums = roots.flatMap(sumsOf);
  if (isTrusted && content.sums === sumsDigest(sums)) return new Set(all.keys());
  const { trees, goMods } = recordedNames(sums);
  const skipped3 = content.modules.flatMap((module) => {
    const name = moduleVersionName(module);
    const isExtra = (module.mod ?? module.zip) !== void 0 && !trees.has(name) && !goMods.has(name);
    return [
      ...trees.has(name) ? [] : [bundlePath(module, "zip")],
      ...goMods.has(name) ? [] : [bundlePath(module, "mod")],
      ...isExtra ? [bundlePath(module, "info")] : []
    ];
  });
  const unused = new Set(skipped3);
  return new Set([...all.keys()].filter((file) => !unused.has(file)));
}
function recordedNames(sums) {
  return {
    trees: new Set(sums.flatMap(({ trees }) => trees.map(moduleVersionName))),
    goMods: new Set(sums.flatMap(({ goMods }) => goMods.map(moduleVersionName)))
  };
}
function privateAmong(roots, patterns2) {
  const modules = roots.flatMap(sumsOf).flatMap(({ trees, goMods }) => [...trees, ...goMods]);
  const names = modules.filter(({ path: path82 }) => matchesModulePatterns(patterns2, path82)).map(moduleVersionName);
  return [...new Set(names)].sort();
}
function privateProblems(names, isAllowed) {
  if (isAllowed || names.length === 0) return [];
  return [
    {
      what: `\`bundle-output\` would hold private modules, which GOPRIVATE, GONOPROXY or GONOSUMDB match: ${listSome(names)}`,
      allowed: "",
      fix: "Set `bundle-private: true` if everyone who gets the bundle may read them. To remove unused modules from go.sum, run `go mod tidy`."
    }
  ];
}

// src/bundle/collect.ts
async function listRoots({
  roots,
  env,
  retries
}) {
  const all = [];
  for (const root of roots.filter(hasDependencies)) {
    const ran = await runGo(["list", "-m", "-mod=readonly", "-f", listTemplate, "all"], {
      cwd: root.directory,
      env,
      set: { GOMAXPROCS: "16" },
      retries
    });
    const isIncomplete = ran.code !== 0 && lacksSum(ran.stderr);
    if (ran.code !== 0 && !isIncomplete)
      throw new GoCommandError("The modules could not be listed for the bundle", root, ran);
    all.push({ root, listed: isIncomplete ? void 0 : parseBuildList(ran.stdout) });
  }
  return all;
}
async function collect3(request) {
  const { roots, folder } = request;
  const selection = selectForBundle(await listRoots(request), request.scope);
  const [root] = roots;
  if (root === void 0) return { files: /* @__PURE__ */ new Map(), selection };
  const sums = roots.flatMap(sumsOf);
  const scratch2 = (name, own3) => scratchModule(path35.join(folder, name), sums, {
    ...{ env: request.env, goflags: request.goflags, retries: request.retries, root },
    ...own3 === void 0 ? {} : { set: { GOMODCACHE: own3, GOFLAGS: "-mod=mod -modcacherw" } }
  });
  const here = scratch2("bundle-module");
  const recorded = recordedSums(sums);
  const unrecorded = selection.zips.filter((name) => !recorded.trees.has(name));
  const trusted3 = unrecorded.length === 0 ? recorded : await lookUp(unrecorded, here, sums, request.unchecked);
  const missingZips = selection.zips.filter((name) => !has(request.gomodcache, name, "zip"));
  await downloadNames(here, missingZips);
  if (missingZips.length > 0) info2(`Downloaded zips for the bundle: ${missingZips.length}`);
  const absent = await fetchGoMods(here, selection, request);
  const goMods = selection.goMods.filter((name) => !absent.has(name));
  const paths = [
    ...selection.zips.map((name) => pathInBundle(name, "zip")),
    ...goMods.map((name) => pathInBundle(name, "mod")),
    ...selection.infos.map((name) => pathInBundle(name, "info"))
  ];
  const first = await describeAll(paths, path35.join(request.gomodcache, "cache", "download"));
  const wrong = wrongOf(first, selection.zips, goMods, trusted3);
  const unused = [...selection.unused, ...[...absent].map((name) => `${name}/go.mod`)].sort();
  if (wrong.length === 0) return { files: first, selection: { ...selection, goMods, unused } };
  const own2 = path35.join(folder, "bundle-modules");
  const names = [...new Set(wrong.map(({ name }) => name))];
  warning2(
    `Files of the module cache do not match go.sum and are downloaded again for the bundle: ${wrong.map(wrongText).join("; ")}`
  );
  const fresh = scratch2("bundle-module-again", own2);
  await downloadNames(fresh, names);
  const redownloaded = await describeAll(
    wrong.map(({ name, kind }) => pathInBundle(name, kind)),
    path35.join(own2, "cache", "download")
  );
  const files = new Map([...first, ...redownloaded]);
  const stillWrong = wrongOf(files, selection.zips, goMods, trusted3);
  if (stillWrong.length > 0) {
    throw new BundleMismatch(
      `No bundle was created. After a second download, files still do not match go.sum: ${stillWrong.map(wrongText).join("; ")}. Do not build with them: find out whether the module was changed at its origin or in transit.`
    );
  }
  return { files, selection: { ...selection, goMods, unused } };
}
function has(gomodcache, name, kind) {
  return isFile(path35.join(gomodcache, "cache", "download", pathInBundle(name, kind)));
}
async function lookUp(names, scratch2, sums, unchecked) {
  const unproven = names.filter((name) => matchesModulePatterns(unchecked, splitModuleVersion(name).path));
  if (unproven.length > 0) {
    throw new BundleMismatch(
      `\`bundle-scope: all\` includes modules that go.sum does not name. Go does not look them up in a checksum database (GONOSUMDB, GOPRIVATE or GOSUMDB), so they cannot be verified: ${listSome(unproven)}. Run \`go mod download all\` to add them to go.sum, or set \`bundle-scope: build\`.`
    );
  }
  await downloadNames(scratch2, names);
  return recordedSums([...sums, sumsNow(scratch2)]);
}
async function fetchGoMods(scratch2, selection, { gomodcache }) {
  const missing2 = () => selection.goMods.filter((name) => !has(gomodcache, name, "mod"));
  const ran = await goOverNames(scratch2, ["list", "-m", "-f", "{{.GoVersion}}"], missing2());
  const output = ran.map(({ stderr }) => stderr).join("\n");
  const absent = missing2();
  const needed = /* @__PURE__ */ new Set([...selection.zips, ...selection.infos]);
  if (absent.some((name) => needed.has(name)) || absent.length > 0 && !lacksFile(output))
    throw new GoCommandError("The go.mod files for the bundle could not be fetched", scratch2.root, {
      stderr: output,
      goproxy: ran[0]?.goproxy ?? ""
    });
  if (absent.length > 0) {
    info2(`Omitted go.mod files that go.sum names, but no proxy has and no build needs: ${listSome(absent)}`);
  }
  return new Set(absent);
}
function describeAll(paths, folder) {
  return collectFiles(new Map(paths.map((one) => [one, path35.join(folder, one)])));
}
function wrongOf(files, zips, goMods, recorded) {
  const compare2 = (kind, sums) => (name) => {
    const [expected, found] = [
      [...sums.get(name) ?? []].join(" or "),
      files.get(pathInBundle(name, kind))?.h1 ?? ""
    ];
    return expected === found && found !== "" ? [] : [{ name, kind, expected, found }];
  };
  return [...zips.flatMap(compare2("zip", recorded.trees)), ...goMods.flatMap(compare2("mod", recorded.goMods))];
}
function wrongText({ name, kind, expected, found }) {
  return `${kind === "mod" ? "go.mod of " : ""}${name} (go.sum: ${expected || "nothing"}, found: ${found || "nothing"})`;
}

// src/bundle/create.ts
async function createBundle(request) {
  const seconds2 = elapsed();
  const collected = await collect3(request);
  const [root] = request.roots;
  const freshRequest = root === void 0 ? void 0 : { ...request, root };
  const toolchains2 = freshRequest === void 0 ? { modules: [], files: /* @__PURE__ */ new Map() } : await collectToolchains(request.toolchains, freshRequest);
  const names = [...collected.selection.goMods, ...request.toolchains];
  const sumdb = freshRequest === void 0 || !request.withSumdb ? /* @__PURE__ */ new Map() : await collectSumdb(names, freshRequest);
  const files = new Map([
    ...collected.files,
    ...toolchains2.files,
    ...sumdb,
    ...await publicInfos(
      [...collected.selection.infos, ...request.toolchains],
      [collected, toolchains2],
      request.folder
    )
  ]);
  const content = contentOf(request, collected, toolchains2.modules, [...sumdb.keys()], files);
  makeDirectory(path36.dirname(request.target));
  for (const ending of Object.values(sidecarSuffixes)) remove(`${request.target}${ending}`);
  await writeSingleFile(request.target, { kind: "bundle", about: content, units: unitsOf(content, files) });
  const sha2562 = hashFile(request.target, hashBuffer());
  const size = lstat2(request.target)?.size ?? 0;
  replaceFile(`${request.target}${sidecarSuffixes.content}`, `${JSON.stringify(content, null, 2)}
`);
  replaceFile(`${request.target}${sidecarSuffixes.sha256}`, `${sha2562}  ${path36.basename(request.target)}
`);
  return { file: request.target, size, sha256: sha2562, content, seconds: seconds2() };
}
async function publicInfos(names, from, folder) {
  const written = /* @__PURE__ */ new Map();
  for (const [index, name] of names.entries()) {
    const inBundle = pathInBundle(name, "info");
    const source = from.flatMap(({ files }) => files.get(inBundle) ?? [])[0]?.source ?? "";
    const text4 = moduleInfoText(readText(source) ?? "", splitModuleVersion(name).version);
    if (text4 === void 0) {
      throw new BundleMismatch(
        `No bundle was created: the .info file of ${name}, from the proxy or ${source}, describes another version or none.`
      );
    }
    const file = path36.join(folder, "bundle-infos", `${index}.info`);
    writeFile2(file, text4);
    written.set(inBundle, file);
  }
  return collectFiles(written);
}
function contentOf({ roots, scope }, { selection }, toolchains2, sumdb, files) {
  const names = [.../* @__PURE__ */ new Set([...selection.zips, ...selection.goMods, ...selection.infos])].sort();
  const goFiles = roots.flatMap(({ modules, goWork }) => [
    ...modules.map(({ goMod }) => goMod),
    ...goWork === void 0 ? [] : [goWork]
  ]);
  const lines2 = goFiles.flatMap(({ go: go2, toolchain }) => [go2, toolchain]).filter((line) => line !== void 0);
  const others = [...toolchains2.length === 0 ? [] : [toolchainList], ...[...sumdb].sort()];
  return {
    schema: bundleSchema,
    scope,
    go: [...new Set(lines2)].sort(),
    sums: sumsDigest(roots.flatMap(sumsOf)),
    modules: names.map((name) => moduleOf2(name, files)),
    unused: selection.unused,
    toolchains: toolchains2.map((one) => moduleOf2(moduleVersionName(one), files)),
    others: others.flatMap((file) => {
      const described = files.get(file);
      return described === void 0 ? [] : [{ path: file, ...description(described) }];
    })
  };
}
function moduleOf2(name, files) {
  const [info3, mod, zip] = bundleKinds.map((kind) => files.get(pathInBundle(name, kind)));
  const origin = info3 === void 0 ? void 0 : originOf(readText(info3.source) ?? "");
  return {
    ...splitModuleVersion(name),
    ...zip === void 0 ? {} : { h1: zip.h1 },
    ...mod === void 0 ? {} : { goModH1: mod.h1 },
    ...info3 === void 0 ? {} : { info: description(info3) },
    ...mod === void 0 ? {} : { mod: description(mod) },
    ...zip === void 0 ? {} : { zip: description(zip) },
    ...origin === void 0 ? {} : { origin }
  };
}
function description({ size, sha256: sha2562 }) {
  return { size, sha256: sha2562 };
}
function unitsOf(content, files) {
  const units = /* @__PURE__ */ new Map();
  for (const [file, { size, sha256: sha2562 }] of bundleFiles(content)) {
    const name = file.replace(/\.(?:info|mod|zip)$/, "");
    const source = files.get(file)?.source ?? "";
    units.set(name, [...units.get(name) ?? [], { path: file, source, size, sha256: sha2562 }]);
  }
  return [...units].map(([name, all]) => ({ name, files: all }));
}

// src/bundle/describe.ts
function bundleOpenedText({ given, content, size, sha256: sha2562, verifiedBy }, extra) {
  const by = {
    input: "verified by input `bundle-sha256`",
    file: "verified by the `.sha256` file next to it",
    nothing: "not verified: set `bundle-sha256`"
  };
  const toolchains2 = content.toolchains.map(({ version: version3 }) => version3.replace(/^v0\.0\.1-/, ""));
  const more = [
    ...toolchains2.length === 0 ? [] : [`toolchains ${toolchains2.join(", ")}`],
    ...content.others.some(({ path: path82 }) => path82.startsWith("sumdb/")) ? ["the checksum database"] : [],
    ...extra === 0 ? [] : [`${extra} not in this checkout`]
  ];
  const what = [`${content.modules.length} module versions`, ...more].join(", ");
  return `Bundle ${given}: ${what}, scope ${content.scope}, ${bytesText(size)}, SHA-256 ${sha2562}, ${by[verifiedBy]}`;
}
function bundleUsedText(into, { files, bytes }, seconds2) {
  const where = into === "proxy" ? "served as a file GOPROXY" : "added to GOMODCACHE";
  return `Bundle: ${files.length} files of ${bytesText(bytes)} verified and ${where} in ${secondsText(seconds2)}`;
}
function bundleWrittenText(made) {
  const { content, size, sha256: sha2562, seconds: seconds2 } = made;
  return `Bundle ${made.file}: ${content.modules.length} module versions, ${bytesText(size)}, SHA-256 ${sha2562}, in ${secondsText(seconds2)}`;
}
function bundleGapLines({ gaps }) {
  return gaps.map(({ name, part, expected, found }) => {
    const what = found === "" ? "missing" : `different hash: ${found} instead of ${expected}`;
    return `${name}  ${part}  ${what}`;
  });
}

// src/bundle/install.ts
import * as path38 from "node:path";
import { pathToFileURL as pathToFileURL3 } from "node:url";

// src/bundle/open.ts
import * as path37 from "node:path";
async function openBundle(given, input, workspace, sha2562) {
  const file = path37.resolve(workspace, given);
  const refusal2 = (what, fix2) => new UserError([{ what: `Input \`${input}\` is ${JSON.stringify(given)}, ${what}`, allowed: "", fix: fix2 }]);
  if (isDirectory2(file)) throw refusal2("which is a directory", "Name the file that `bundle-output` wrote.");
  if (!isFile(file)) {
    throw refusal2(
      `which does not exist${path37.isAbsolute(given) ? "" : ` in ${workspace}`}`,
      "Download it in a step before this one, and set the input to its path in the checkout."
    );
  }
  const expected = sha2562 === "" ? sidecarHash(`${file}${sidecarSuffixes.sha256}`, refusal2) : sha2562;
  const real = realPath(file);
  const confirmed = hashInBackground(real).then((found) => {
    if (expected === void 0 || expected === found) return found;
    const source = sha2562 === "" ? `the file ${path37.basename(file)}${sidecarSuffixes.sha256}` : "input `bundle-sha256`";
    throw refusal2(
      `whose SHA-256 is ${found}, but ${source} expects ${expected}`,
      "It is damaged or a different file: download it again from its source."
    );
  });
  confirmed.catch(() => {
  });
  const downloadAgain = "Download it again, or create it again with `bundle-output`.";
  try {
    const entry = readSingleFile(real);
    if (entry.manifest.kind !== "bundle")
      throw new CorruptArchive(`it holds ${entry.manifest.kind}, not a bundle`);
    const size = lstat2(real)?.size ?? 0;
    if (entry.manifest.bytes > size)
      throw new CorruptArchive("its manifest lists more bytes than the file has");
    const content = decodeBundle(entry.manifest.about);
    compareWithDescription(entry, content);
    const verifiedBy = sha2562 !== "" ? "input" : expected !== void 0 ? "file" : "nothing";
    return { given, input, entry, content, size, confirmed, verifiedBy };
  } catch (error3) {
    await confirmed;
    if (error3 instanceof UnreadableBundle) {
      const isNewer2 = error3.message.includes("newer version");
      throw refusal2(
        `which ${error3.message}`,
        isNewer2 ? "Use the version of the action that created it, or create it again with this version." : downloadAgain
      );
    }
    if (error3 instanceof CorruptArchive)
      throw refusal2(`which is not a bundle of this action, or is damaged: ${error3.message}`, downloadAgain);
    throw error3;
  }
}
function compareWithDescription({ manifest }, content) {
  const described = bundleFiles(content);
  const roots = new Set(manifest.units.flatMap((unit) => unit.roots));
  const undescribed = [...roots].find((root) => !described.has(root));
  if (undescribed !== void 0)
    throw new UnreadableBundle(`holds ${undescribed}, which its description does not list`);
  const absent = [...described.keys()].find((file) => !roots.has(file));
  if (absent !== void 0) throw new UnreadableBundle(`does not hold ${absent}, which its description lists`);
}
function sidecarHash(file, refusal2) {
  const text4 = readText(file);
  if (text4 === void 0) return void 0;
  const [, hash] = /^\\?([0-9a-f]{64}) [ *][^\r\n]+\r?\n?$/i.exec(text4) ?? [];
  if (hash === void 0) {
    throw refusal2(
      `and ${path37.basename(file)} next to it does not hold one line of \`sha256sum\` output`,
      `Download both files unchanged, or remove ${path37.basename(file)} and set \`bundle-sha256\`.`
    );
  }
  return hash.toLowerCase();
}
function checkShards(bundle) {
  const { manifest, places } = bundle.entry;
  try {
    for (const [index, shard] of manifest.shards.entries()) {
      const place2 = places[index];
      if (place2 !== void 0) checkPlacedShard(place2, shard);
    }
  } catch (error3) {
    throw error3 instanceof CorruptArchive ? new UserError([corruptBundleProblem(bundle, error3)]) : error3;
  }
}
function corruptBundleProblem(bundle, { message }) {
  return {
    what: `Input \`${bundle.input}\` is ${JSON.stringify(bundle.given)}, a damaged bundle: ${message}. It was not used`,
    allowed: "",
    fix: "Download it again, or create it again with `bundle-output`."
  };
}
function mismatchedBundleProblem(bundle, wrong) {
  return {
    what: `Input \`${bundle.input}\` is ${JSON.stringify(bundle.given)}, a bundle whose content does not match its description: ${wrong}. It was not used`,
    allowed: "",
    fix: "Do not build with it: find out who changed it, and create it again with `bundle-output`."
  };
}

// src/bundle/install.ts
async function unpackBundle(bundle, roots, stage) {
  const { content } = bundle;
  const all = bundleFiles(content);
  const served = servedFiles(content, roots, bundle.verifiedBy === "input");
  const unpacked = await unpackEntry({
    directory: bundle.entry,
    stage,
    skipRoots: [...all.keys()].filter((file) => !served.has(file)),
    readOnly: false,
    digests: true,
    hashedZips: new Set([...served].filter((file) => file.endsWith(".zip"))),
    threads: zipThreads,
    isVerified: bundle.verifiedBy !== "nothing"
  }).catch(async (error3) => {
    await bundle.confirmed;
    throw error3 instanceof CorruptArchive ? new UserError([corruptBundleProblem(bundle, error3)]) : error3;
  });
  await bundle.confirmed;
  const mismatched = [...served].filter((file) => unpacked.digests.get(file) !== all.get(file)?.sha256);
  if (mismatched.length > 0)
    throw new UserError([
      mismatchedBundleProblem(bundle, `the manifest has another SHA-256 for ${listSome(mismatched)}`)
    ]);
  const modules = [...content.modules, ...content.toolchains];
  const wrong = [
    ...modules.flatMap((module) => wrongGoMod(module, served, unpacked.digests)),
    ...modules.flatMap((module) => wrongZip(module, served, unpacked.hashes)),
    ...modules.flatMap((module) => rewriteInfo(module, served, stage))
  ];
  if (wrong.length > 0) throw new UserError([mismatchedBundleProblem(bundle, listSome(wrong))]);
  return { files: [...served], bytes: unpacked.bytes };
}
function wrongGoMod(module, served, digests) {
  const file = bundlePath(module, "mod");
  if (!served.has(file)) return [];
  const found = treeHashOf([{ name: "go.mod", sha256: digests.get(file) ?? "" }]);
  return found === module.goModH1 ? [] : [`the go.mod of ${moduleVersionName(module)} hashes to ${found}, not ${module.goModH1}`];
}
function wrongZip(module, served, hashes3) {
  const file = bundlePath(module, "zip");
  const found = hashes3.get(file);
  return !served.has(file) || found === module.h1 ? [] : [`the zip of ${moduleVersionName(module)} hashes to ${found}, not ${module.h1}`];
}
function rewriteInfo(module, served, stage) {
  const inBundle = bundlePath(module, "info");
  if (!served.has(inBundle)) return [];
  const file = path38.join(stage, inBundle);
  const before = readText(file) ?? "";
  const text4 = moduleInfoText(before, module.version);
  if (text4 === void 0) return [`the .info file of ${moduleVersionName(module)} describes another version`];
  if (text4 !== before) writeFile2(file, text4);
  return [];
}
async function serveBundle(bundle, roots, folder) {
  const tree = path38.join(folder, "proxy");
  const unpacked = await unpackBundle(bundle, roots, tree);
  return { source: bundleSourceOf(bundle, tree), unpacked };
}
function bundleSourceOf({ content }, tree) {
  return {
    // Neither character may appear in an entry of GOPROXY.
    url: pathToFileURL3(tree).href.replaceAll(",", "%2C").replaceAll("|", "%7C"),
    toolchains: content.toolchains.map(moduleVersionName),
    sumdb: servedDatabases(content)
  };
}
async function addBundleToModuleCache(bundle, roots, gomodcache) {
  makeDirectory(gomodcache);
  removeStaleStages(gomodcache);
  return withStage(gomodcache, async (stage) => {
    const unpacked = await unpackBundle(bundle, roots, path38.join(stage, download));
    const files = unpacked.files.map((file) => `${download}/${file}`);
    const ofModules = files.filter((file) => !file.startsWith(`${sumdbPath}/`));
    const hashes3 = zipHashes(bundle);
    const units = ofModules.map((file) => {
      const hash = hashes3.get(file);
      const isOther = lstat2(path38.join(gomodcache, file)) !== void 0;
      if (hash === void 0 || isOther || hasIncompleteTree(gomodcache, file))
        return { name: file, roots: [file] };
      const ziphash = file.replace(/zip$/, "ziphash");
      writeFile2(path38.join(stage, ziphash), hash);
      return { name: file, roots: [file, ziphash] };
    });
    const database = files.length > ofModules.length ? [{ name: "sumdb", roots: [sumdbPath] }] : [];
    moveModulesIntoPlace([...units, ...database], stage, gomodcache, true);
    return unpacked;
  });
}
var download = "cache/download";
function zipHashes({ content }) {
  return new Map(
    [...content.modules, ...content.toolchains].flatMap(
      (module) => module.h1 === void 0 ? [] : [[`${download}/${bundlePath(module, "zip")}`, module.h1]]
    )
  );
}
function hasIncompleteTree(gomodcache, zip) {
  const { name } = moduleRoot(zip) ?? {};
  if (name === void 0) return false;
  const hasTree = lstat2(path38.join(gomodcache, treeDirectory(splitModuleVersion(name)))) !== void 0;
  return hasTree && !isModuleCached(gomodcache, name);
}

// src/bundle/bundle.ts
async function useBundle(inputs, { workspace, roots }, cleanup) {
  const seconds2 = elapsed();
  const bundle = await openBundle(inputs.bundle, "bundle", workspace, inputs["bundle-sha256"]);
  const fit = compareWithCheckout(bundle.content, roots, bundle.verifiedBy === "input");
  const problems = fitProblems(bundle, fit);
  bundle.confirmed.then(
    (sha2562) => logOpened({ ...bundle, sha256: sha2562 }, fit),
    () => {
    }
  );
  if (problems.length > 0) {
    await bundle.confirmed;
    group("Missing from the bundle", bundleGapLines(fit));
    throw new UserError(problems);
  }
  if (inputs["dry-run"]) {
    await bundle.confirmed;
    return { source: void 0, names: [], finish: async () => [] };
  }
  const names = bundle.content.modules.map(moduleVersionName);
  const logUsed = (unpacked2) => info2(bundleUsedText(inputs["bundle-into"], unpacked2, seconds2()));
  if (inputs["bundle-into"] === "module-cache") {
    return {
      source: void 0,
      names,
      finish: async (go2) => {
        logUsed(await addBundleToModuleCache(bundle, roots, go2.env.GOMODCACHE ?? ""));
        return [];
      }
    };
  }
  const { source, unpacked } = await serveBundle(bundle, roots, cleanup.makeDir("bundle"));
  logUsed(unpacked);
  return {
    source,
    names,
    finish: async (_, env, isOnly) => {
      if (isOnly) return [];
      const [first] = roots;
      const before = await detectGoproxy(first?.directory ?? workspace, env);
      for (const secret of goproxyLogins(before).flatMap(loginForms)) mask(secret);
      warnOfBypass(bundle, env);
      return bundleVariables(source, before);
    }
  };
}
function logOpened(opened, { gaps, extra }) {
  info2(bundleOpenedText(opened, extra.length));
  if (gaps.length === 0 && extra.length > 0)
    info2(`Skipped modules of the bundle that go.sum does not name: ${listSome(extra)}`);
}
function warnOfBypass({ content }, { setting: setting2 }) {
  const patterns2 = noProxyPatterns(setting2);
  const names = content.modules.filter(({ path: path82 }) => matchesModulePatterns(patterns2, path82)).map(moduleVersionName);
  if (names.length === 0) return;
  warning2(
    `GONOPROXY or GOPRIVATE makes the go command request these modules from their origin instead of the bundle: ${listSome(names)}. Set \`bundle-into: module-cache\`, or set GONOPROXY to \`none\` for this job.`
  );
}
function fitProblems({ input, given }, { gaps, extra }) {
  if (gaps.length === 0) return [];
  const named = (wrong) => [
    ...new Set(gaps.filter(({ found }) => found !== "" === wrong).map(({ name }) => name))
  ];
  const [missing2, different] = [named(false), named(true)];
  const parts = [
    ...missing2.length === 0 ? [] : [`missing: ${listSome(missing2)}`],
    ...different.length === 0 ? [] : [`with a different hash than in go.sum: ${listSome(different)}`],
    ...extra.length === 0 ? [] : [`extra: ${listSome(extra)}`]
  ];
  return [
    {
      what: `Input \`${input}\` is ${JSON.stringify(given)}, which was made for another go.sum: ${parts.join("; ")}`,
      allowed: "",
      fix: "Create it again with `bundle-output`, from the commit that is checked out here."
    }
  ];
}
async function makeBundle(job, folder) {
  const { inputs, roots, go: go2, env, workspace } = job;
  const bundle = await createBundle({
    roots,
    scope: inputs["bundle-scope"],
    gomodcache: go2.env.GOMODCACHE ?? "",
    folder,
    env,
    goflags: go2.env.GOFLAGS ?? "",
    retries: inputs.retries,
    unchecked: job.uncheckedModules,
    target: path39.resolve(workspace, inputs["bundle-output"]),
    withSumdb: inputs["bundle-sumdb"],
    toolchains: toolchainNames(job),
    goproxy: await detectGoproxy(roots[0]?.directory ?? workspace, env)
  });
  info2(bundleWrittenText(bundle));
  return bundle;
}
function toolchainNames({ inputs, roots, go: go2 }) {
  const { GOHOSTOS = "", GOHOSTARCH = "" } = go2.env;
  const version3 = buildGoVersion({ roots, go: go2 });
  return [
    ...new Set(
      inputs["bundle-toolchain"].map((platform3) => {
        const name = platform3 === currentPlatform ? `${GOHOSTOS}-${GOHOSTARCH}` : platform3.replace("/", "-");
        return `${toolchainPath}@v0.0.1-${version3}.${name}`;
      })
    )
  ].sort();
}

// src/bundle/output-checks.ts
import * as path54 from "node:path";

// src/checkout/checkout.ts
import * as path51 from "node:path";

// src/checkout/find-modules.ts
import * as path49 from "node:path";

// src/checkout/chosen-modules.ts
import * as path48 from "node:path";

// src/platform/find-files.ts
import * as path45 from "node:path";

// node_modules/@actions/glob/lib/internal-globber.js
import * as fs11 from "fs";

// node_modules/@actions/glob/lib/internal-glob-options-helper.js
function getOptions(copy) {
  const result = {
    followSymbolicLinks: true,
    implicitDescendants: true,
    matchDirectories: true,
    omitBrokenSymbolicLinks: true,
    excludeHiddenFiles: false
  };
  if (copy) {
    if (typeof copy.followSymbolicLinks === "boolean") {
      result.followSymbolicLinks = copy.followSymbolicLinks;
      debug(`followSymbolicLinks '${result.followSymbolicLinks}'`);
    }
    if (typeof copy.implicitDescendants === "boolean") {
      result.implicitDescendants = copy.implicitDescendants;
      debug(`implicitDescendants '${result.implicitDescendants}'`);
    }
    if (typeof copy.matchDirectories === "boolean") {
      result.matchDirectories = copy.matchDirectories;
      debug(`matchDirectories '${result.matchDirectories}'`);
    }
    if (typeof copy.omitBrokenSymbolicLinks === "boolean") {
      result.omitBrokenSymbolicLinks = copy.omitBrokenSymbolicLinks;
      debug(`omitBrokenSymbolicLinks '${result.omitBrokenSymbolicLinks}'`);
    }
    if (typeof copy.excludeHiddenFiles === "boolean") {
      result.excludeHiddenFiles = copy.excludeHiddenFiles;
      debug(`excludeHiddenFiles '${result.excludeHiddenFiles}'`);
    }
  }
  return result;
}

// node_modules/@actions/glob/lib/internal-globber.js
import * as path44 from "path";

// node_modules/@actions/glob/lib/internal-path-helper.js
import * as path40 from "path";
import assert from "assert";
var IS_WINDOWS3 = process.platform === "win32";
function dirname15(p) {
  p = safeTrimTrailingSeparator(p);
  if (IS_WINDOWS3 && /^\\\\[^\\]+(\\[^\\]+)?$/.test(p)) {
    return p;
  }
  let result = path40.dirname(p);
  if (IS_WINDOWS3 && /^\\\\[^\\]+\\[^\\]+\\$/.test(result)) {
    result = safeTrimTrailingSeparator(result);
  }
  return result;
}
function ensureAbsoluteRoot(root, itemPath) {
  assert(root, `ensureAbsoluteRoot parameter 'root' must not be empty`);
  assert(itemPath, `ensureAbsoluteRoot parameter 'itemPath' must not be empty`);
  if (hasAbsoluteRoot(itemPath)) {
    return itemPath;
  }
  if (IS_WINDOWS3) {
    if (itemPath.match(/^[A-Z]:[^\\/]|^[A-Z]:$/i)) {
      let cwd = process.cwd();
      assert(cwd.match(/^[A-Z]:\\/i), `Expected current directory to start with an absolute drive root. Actual '${cwd}'`);
      if (itemPath[0].toUpperCase() === cwd[0].toUpperCase()) {
        if (itemPath.length === 2) {
          return `${itemPath[0]}:\\${cwd.substr(3)}`;
        } else {
          if (!cwd.endsWith("\\")) {
            cwd += "\\";
          }
          return `${itemPath[0]}:\\${cwd.substr(3)}${itemPath.substr(2)}`;
        }
      } else {
        return `${itemPath[0]}:\\${itemPath.substr(2)}`;
      }
    } else if (normalizeSeparators2(itemPath).match(/^\\$|^\\[^\\]/)) {
      const cwd = process.cwd();
      assert(cwd.match(/^[A-Z]:\\/i), `Expected current directory to start with an absolute drive root. Actual '${cwd}'`);
      return `${cwd[0]}:\\${itemPath.substr(1)}`;
    }
  }
  assert(hasAbsoluteRoot(root), `ensureAbsoluteRoot parameter 'root' must have an absolute root`);
  if (root.endsWith("/") || IS_WINDOWS3 && root.endsWith("\\")) {
  } else {
    root += path40.sep;
  }
  return root + itemPath;
}
function hasAbsoluteRoot(itemPath) {
  assert(itemPath, `hasAbsoluteRoot parameter 'itemPath' must not be empty`);
  itemPath = normalizeSeparators2(itemPath);
  if (IS_WINDOWS3) {
    return itemPath.startsWith("\\\\") || /^[A-Z]:\\/i.test(itemPath);
  }
  return itemPath.startsWith("/");
}
function hasRoot(itemPath) {
  assert(itemPath, `isRooted parameter 'itemPath' must not be empty`);
  itemPath = normalizeSeparators2(itemPath);
  if (IS_WINDOWS3) {
    return itemPath.startsWith("\\") || /^[A-Z]:/i.test(itemPath);
  }
  return itemPath.startsWith("/");
}
function normalizeSeparators2(p) {
  p = p || "";
  if (IS_WINDOWS3) {
    p = p.replace(/\//g, "\\");
    const isUnc = /^\\\\+[^\\]/.test(p);
    return (isUnc ? "\\" : "") + p.replace(/\\\\+/g, "\\");
  }
  return p.replace(/\/\/+/g, "/");
}
function safeTrimTrailingSeparator(p) {
  if (!p) {
    return "";
  }
  p = normalizeSeparators2(p);
  if (!p.endsWith(path40.sep)) {
    return p;
  }
  if (p === path40.sep) {
    return p;
  }
  if (IS_WINDOWS3 && /^[A-Z]:\\$/i.test(p)) {
    return p;
  }
  return p.substr(0, p.length - 1);
}

// node_modules/@actions/glob/lib/internal-match-kind.js
var MatchKind;
(function(MatchKind2) {
  MatchKind2[MatchKind2["None"] = 0] = "None";
  MatchKind2[MatchKind2["Directory"] = 1] = "Directory";
  MatchKind2[MatchKind2["File"] = 2] = "File";
  MatchKind2[MatchKind2["All"] = 3] = "All";
})(MatchKind || (MatchKind = {}));

// node_modules/@actions/glob/lib/internal-pattern-helper.js
var IS_WINDOWS4 = process.platform === "win32";
function getSearchPaths(patterns2) {
  patterns2 = patterns2.filter((x) => !x.negate);
  const searchPathMap = {};
  for (const pattern of patterns2) {
    const key = IS_WINDOWS4 ? pattern.searchPath.toUpperCase() : pattern.searchPath;
    searchPathMap[key] = "candidate";
  }
  const result = [];
  for (const pattern of patterns2) {
    const key = IS_WINDOWS4 ? pattern.searchPath.toUpperCase() : pattern.searchPath;
    if (searchPathMap[key] === "included") {
      continue;
    }
    let foundAncestor = false;
    let tempKey = key;
    let parent = dirname15(tempKey);
    while (parent !== tempKey) {
      if (searchPathMap[parent]) {
        foundAncestor = true;
        break;
      }
      tempKey = parent;
      parent = dirname15(tempKey);
    }
    if (!foundAncestor) {
      result.push(pattern.searchPath);
      searchPathMap[key] = "included";
    }
  }
  return result;
}
function match(patterns2, itemPath) {
  let result = MatchKind.None;
  for (const pattern of patterns2) {
    if (pattern.negate) {
      result &= ~pattern.match(itemPath);
    } else {
      result |= pattern.match(itemPath);
    }
  }
  return result;
}
function partialMatch(patterns2, itemPath) {
  return patterns2.some((x) => !x.negate && x.partialMatch(itemPath));
}

// node_modules/@actions/glob/lib/internal-pattern.js
import * as os9 from "os";
import * as path43 from "path";
import assert3 from "assert";

// node_modules/balanced-match/dist/esm/index.js
var range2 = (a, b, str) => {
  let begs, beg, left, right = void 0, result;
  let ai = str.indexOf(a);
  let bi = str.indexOf(b, ai + 1);
  let i = ai;
  if (ai >= 0 && bi > 0) {
    if (a === b) {
      return [ai, bi];
    }
    begs = [];
    left = str.length;
    while (i >= 0 && !result) {
      if (i === ai) {
        begs.push(i);
        ai = str.indexOf(a, i + 1);
      } else if (begs.length === 1) {
        const r = begs.pop();
        if (r !== void 0)
          result = [r, bi];
      } else {
        beg = begs.pop();
        if (beg !== void 0 && beg < left) {
          left = beg;
          right = bi;
        }
        bi = str.indexOf(b, i + 1);
      }
      i = ai < bi && ai >= 0 ? ai : bi;
    }
    if (begs.length && right !== void 0) {
      result = [left, right];
    }
  }
  return result;
};

// node_modules/brace-expansion/dist/esm/index.js
var escSlash = "\0SLASH" + Math.random().toFixed(16) + "\0";
var escOpen = "\0OPEN" + Math.random().toFixed(16) + "\0";
var escClose = "\0CLOSE" + Math.random().toFixed(16) + "\0";
var escComma = "\0COMMA" + Math.random().toFixed(16) + "\0";
var escPeriod = "\0PERIOD" + Math.random().toFixed(16) + "\0";
var escSlashPattern = new RegExp(escSlash, "g");
var escOpenPattern = new RegExp(escOpen, "g");
var escClosePattern = new RegExp(escClose, "g");
var escCommaPattern = new RegExp(escComma, "g");
var escPeriodPattern = new RegExp(escPeriod, "g");
var slashPattern = /\\\\/g;
var openPattern = /\\{/g;
var closePattern = /\\}/g;
var commaPattern = /\\,/g;
var periodPattern = /\\\./g;
var EXPANSION_MAX = 1e5;
var EXPANSION_MAX_LENGTH = 4e6;
var EXPANSION_MAX_DEPTH = 1e3;
var EXPANSION_MAX_REWRITES = 1e3;
var EXPANSION_MAX_STEPS = 2e7;
var CALL_STEPS = 16;
function numeric(str) {
  return !isNaN(str) ? parseInt(str, 10) : str.charCodeAt(0);
}
function escapeBraces(str) {
  return str.replace(slashPattern, escSlash).replace(openPattern, escOpen).replace(closePattern, escClose).replace(commaPattern, escComma).replace(periodPattern, escPeriod);
}
function unescapeBraces(str) {
  return str.replace(escSlashPattern, "\\").replace(escOpenPattern, "{").replace(escClosePattern, "}").replace(escCommaPattern, ",").replace(escPeriodPattern, ".");
}
function pushAll(target, items) {
  for (let i = 0; i < items.length; i++) {
    target.push(items[i]);
  }
}
function balancedWithBudget(str, masked, budget) {
  if (budget.remaining < 0) {
    return void 0;
  }
  const r = range2("{", "}", masked);
  const unmatched = r !== void 0 && masked.indexOf("{") < r[0];
  budget.remaining -= r && !unmatched ? r[1] + 1 : str.length;
  if (!r || budget.remaining < 0) {
    return void 0;
  }
  return {
    end: r[1],
    pre: str.slice(0, r[0]),
    body: str.slice(r[0] + 1, r[1]),
    post: str.slice(r[1] + 1),
    unmatched
  };
}
function maskUnmatchedOpens(masked, budget) {
  budget.remaining -= masked.length;
  const open3 = [];
  for (let i = 0; i < masked.length; i++) {
    const c = masked.charCodeAt(i);
    if (c === 123) {
      open3.push(i);
    } else if (c === 125 && open3.length) {
      open3.pop();
    }
  }
  let out = "";
  let last = 0;
  for (let i = 0; i < open3.length; i++) {
    const at2 = open3[i];
    out += masked.slice(last, at2) + "\0";
    last = at2 + 1;
  }
  return out + masked.slice(last);
}
function commaSetFollows(str, budget) {
  budget.remaining -= str.length;
  if (budget.remaining < 0) {
    return false;
  }
  let close2 = false;
  for (let i = str.length - 1; i >= 0; i--) {
    const c = str.charCodeAt(i);
    if (c === 125) {
      close2 = true;
    } else if (c === 10 || c === 13 || c === 8232 || c === 8233) {
      close2 = false;
    } else if (c === 44 && close2 && str.charCodeAt(i + 1) !== 44) {
      return true;
    }
  }
  return false;
}
function parseCommaParts(str, budget) {
  const parts = [];
  let carry = "";
  for (; ; ) {
    const m = balancedWithBudget(str, str, budget);
    if (budget.remaining < 0) {
      return void 0;
    }
    if (!m) {
      const tail = str.split(",");
      tail[0] = carry + tail[0];
      pushAll(parts, tail);
      return parts;
    }
    const { pre, body, post } = m;
    const p = pre.split(",");
    p[0] = carry + p[0];
    p[p.length - 1] += "{" + body + "}";
    if (!post.length) {
      pushAll(parts, p);
      return parts;
    }
    carry = p.pop();
    pushAll(parts, p);
    str = post;
  }
}
function bound(value, fallback) {
  return value === void 0 || isNaN(value) ? fallback : value;
}
function expand(str, options = {}) {
  if (!str) {
    return [];
  }
  const max2 = bound(options.max, EXPANSION_MAX);
  const maxLength = bound(options.maxLength, EXPANSION_MAX_LENGTH);
  const maxDepth2 = bound(options.maxDepth, EXPANSION_MAX_DEPTH);
  const maxRewrites = bound(options.maxRewrites, EXPANSION_MAX_REWRITES);
  const maxSteps = bound(options.maxSteps, EXPANSION_MAX_STEPS);
  if (str.slice(0, 2) === "{}") {
    str = "\\{\\}" + str.slice(2);
  }
  return expand_(escapeBraces(str), max2, maxLength, maxDepth2, 0, maxRewrites, { remaining: maxSteps }, true).map(unescapeBraces);
}
function embrace(str) {
  return "{" + str + "}";
}
function isPadded(el) {
  return /^-?0\d/.test(el);
}
function lte(i, y) {
  return i <= y;
}
function gte(i, y) {
  return i >= y;
}
function combine(acc, pre, values, max2, maxLength, dropEmpties, budget) {
  const out = [];
  let length3 = 0;
  let nonEmpty;
  outer: for (let a = 0; a < acc.length; a++) {
    const prefix3 = acc[a] + pre;
    let vs = values;
    if (dropEmpties && !prefix3) {
      if (!nonEmpty)
        nonEmpty = values.filter((v) => v);
      vs = nonEmpty;
    }
    for (let v = 0; v < vs.length; v++) {
      if (out.length >= max2)
        break outer;
      const expansion = prefix3 + vs[v];
      if (length3 + expansion.length > maxLength)
        break outer;
      out.push(expansion);
      length3 += expansion.length;
    }
  }
  budget.remaining -= out.length;
  return out;
}
function expandSequence(body, isAlphaSequence, max2, maxLength, budget) {
  const n = body.split(/\.\./);
  const N = [];
  if (n[0] === void 0 || n[1] === void 0) {
    return N;
  }
  const x = numeric(n[0]);
  const y = numeric(n[1]);
  const width2 = Math.max(n[0].length, n[1].length);
  let incr = n.length === 3 && n[2] !== void 0 ? Math.max(Math.abs(numeric(n[2])), 1) : 1;
  let test = lte;
  const reverse = y < x;
  if (reverse) {
    incr *= -1;
    test = gte;
  }
  const pad = n.some(isPadded);
  const cost = pad ? width2 : 1;
  let length3 = 0;
  for (let i = x; test(i, y) && N.length < max2; i += incr) {
    budget.remaining -= cost;
    if (budget.remaining < 0) {
      return void 0;
    }
    let c;
    if (isAlphaSequence) {
      c = String.fromCharCode(i);
      if (c === "\\") {
        c = "";
      }
    } else {
      c = String(i);
      if (pad) {
        const need = width2 - c.length;
        if (need > 0) {
          const z = new Array(need + 1).join("0");
          if (i < 0) {
            c = "-" + z + c.slice(1);
          } else {
            c = z + c;
          }
        }
      }
    }
    if (length3 + c.length > maxLength)
      break;
    N.push(c);
    length3 += c.length;
  }
  return N;
}
function expand_(str, max2, maxLength, maxDepth2, depth, maxRewrites, budget, isTop) {
  budget.remaining -= CALL_STEPS;
  if (depth > maxDepth2) {
    return [str];
  }
  let acc = [""];
  let rewrites = 0;
  let dropEmpties = false;
  let firstGroup = true;
  let masked = str;
  for (; ; ) {
    const m = balancedWithBudget(str, masked, budget);
    if (!m) {
      return combine(acc, str, [""], max2, maxLength, dropEmpties, budget);
    }
    if (m.unmatched) {
      masked = maskUnmatchedOpens(masked, budget);
    }
    const pre = m.pre;
    const literal2 = () => combine(acc, pre + "{" + m.body + "}" + m.post, [""], max2, maxLength, dropEmpties, budget);
    if (/\$$/.test(pre)) {
      acc = combine(acc, pre + "{" + m.body + "}", [""], max2, maxLength, dropEmpties && !m.post.length, budget);
      firstGroup = false;
      if (!m.post.length)
        break;
      str = m.post;
      masked = masked.slice(m.end + 1);
      continue;
    }
    const isNumericSequence = /^-?\d+\.\.-?\d+(?:\.\.-?\d+)?$/.test(m.body);
    const isAlphaSequence = /^[a-zA-Z]\.\.[a-zA-Z](?:\.\.-?\d+)?$/.test(m.body);
    const isSequence = isNumericSequence || isAlphaSequence;
    const isOptions = m.body.indexOf(",") >= 0;
    if (!isSequence && !isOptions) {
      if (rewrites < maxRewrites && commaSetFollows(m.post, budget)) {
        rewrites++;
        str = m.pre + "{" + m.body + escClose + m.post;
        masked = masked.slice(0, m.end) + escClose + masked.slice(m.end + 1);
        isTop = true;
        continue;
      }
      return literal2();
    }
    if (firstGroup) {
      dropEmpties = isTop && !isSequence;
      firstGroup = false;
    }
    let values;
    if (isSequence) {
      values = expandSequence(m.body, isAlphaSequence, max2, maxLength, budget);
      if (!values) {
        return literal2();
      }
    } else {
      let n = parseCommaParts(m.body, budget);
      if (!n) {
        return literal2();
      }
      if (n.length === 1 && n[0] !== void 0) {
        n = expand_(n[0], max2, maxLength, maxDepth2, depth + 1, maxRewrites, budget, false).map(embrace);
        if (budget.remaining < 0) {
          return literal2();
        }
        if (n.length === 1) {
          const next2 = combine(acc, pre + n[0], [""], max2, maxLength, dropEmpties && !m.post.length, budget);
          if (budget.remaining < 0) {
            return literal2();
          }
          acc = next2;
          if (!m.post.length)
            break;
          str = m.post;
          masked = masked.slice(m.end + 1);
          continue;
        }
      }
      let dropsEmpties = dropEmpties && !m.post.length && !pre;
      for (let d = 0; dropsEmpties && d < acc.length; d++) {
        if (acc[d]) {
          dropsEmpties = false;
        }
      }
      values = [];
      let valuesLength = 0;
      outer: for (let j = 0; j < n.length; j++) {
        const expanded = expand_(n[j], max2, maxLength, maxDepth2, depth + 1, maxRewrites, budget, false);
        if (budget.remaining < 0) {
          return literal2();
        }
        for (let k = 0; k < expanded.length; k++) {
          const v = expanded[k];
          if (dropsEmpties && !v)
            continue;
          if (values.length >= max2 || valuesLength + v.length > maxLength) {
            break outer;
          }
          values.push(v);
          valuesLength += v.length;
        }
      }
    }
    const next = combine(acc, pre, values, max2, maxLength, dropEmpties && !m.post.length, budget);
    if (budget.remaining < 0) {
      return literal2();
    }
    acc = next;
    if (!m.post.length)
      break;
    str = m.post;
    masked = masked.slice(m.end + 1);
  }
  return acc;
}

// node_modules/minimatch/dist/esm/assert-valid-pattern.js
var MAX_PATTERN_LENGTH = 1024 * 64;
var assertValidPattern = (pattern) => {
  if (typeof pattern !== "string") {
    throw new TypeError("invalid pattern");
  }
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new TypeError("pattern is too long");
  }
};

// node_modules/minimatch/dist/esm/brace-expressions.js
var posixClasses = {
  "[:alnum:]": ["\\p{L}\\p{Nl}\\p{Nd}", true],
  "[:alpha:]": ["\\p{L}\\p{Nl}", true],
  "[:ascii:]": ["\\x00-\\x7f", false],
  "[:blank:]": ["\\p{Zs}\\t", true],
  "[:cntrl:]": ["\\p{Cc}", true],
  "[:digit:]": ["\\p{Nd}", true],
  "[:graph:]": ["\\p{Z}\\p{C}", true, true],
  "[:lower:]": ["\\p{Ll}", true],
  "[:print:]": ["\\p{C}", true],
  "[:punct:]": ["\\p{P}", true],
  "[:space:]": ["\\p{Z}\\t\\r\\n\\v\\f", true],
  "[:upper:]": ["\\p{Lu}", true],
  "[:word:]": ["\\p{L}\\p{Nl}\\p{Nd}\\p{Pc}", true],
  "[:xdigit:]": ["A-Fa-f0-9", false]
};
var braceEscape = (s) => s.replace(/[[\]\\-]/g, "\\$&");
var regexpEscape = (s) => s.replace(/[-[\]{}()*+?.,\\^$|#\s]/g, "\\$&");
var rangesToString = (ranges) => ranges.join("");
var parseClass = (glob, position) => {
  const pos = position;
  if (glob.charAt(pos) !== "[") {
    throw new Error("not in a brace expression");
  }
  const ranges = [];
  const negs = [];
  let i = pos + 1;
  let sawStart = false;
  let uflag = false;
  let escaping = false;
  let negate = false;
  let endPos = pos;
  let rangeStart = "";
  WHILE: while (i < glob.length) {
    const c = glob.charAt(i);
    if ((c === "!" || c === "^") && i === pos + 1) {
      negate = true;
      i++;
      continue;
    }
    if (c === "]" && sawStart && !escaping) {
      endPos = i + 1;
      break;
    }
    sawStart = true;
    if (c === "\\") {
      if (!escaping) {
        escaping = true;
        i++;
        continue;
      }
    }
    if (c === "[" && !escaping) {
      for (const [cls, [unip, u, neg]] of Object.entries(posixClasses)) {
        if (glob.startsWith(cls, i)) {
          if (rangeStart) {
            return ["$.", false, glob.length - pos, true];
          }
          i += cls.length;
          if (neg)
            negs.push(unip);
          else
            ranges.push(unip);
          uflag = uflag || u;
          continue WHILE;
        }
      }
    }
    escaping = false;
    if (rangeStart) {
      if (c > rangeStart) {
        ranges.push(braceEscape(rangeStart) + "-" + braceEscape(c));
      } else if (c === rangeStart) {
        ranges.push(braceEscape(c));
      }
      rangeStart = "";
      i++;
      continue;
    }
    if (glob.startsWith("-]", i + 1)) {
      ranges.push(braceEscape(c + "-"));
      i += 2;
      continue;
    }
    if (glob.startsWith("-", i + 1)) {
      rangeStart = c;
      i += 2;
      continue;
    }
    ranges.push(braceEscape(c));
    i++;
  }
  if (endPos < i) {
    return ["", false, 0, false];
  }
  if (!ranges.length && !negs.length) {
    return ["$.", false, glob.length - pos, true];
  }
  if (negs.length === 0 && ranges.length === 1 && /^\\?.$/.test(ranges[0]) && !negate) {
    const r = ranges[0].length === 2 ? ranges[0].slice(-1) : ranges[0];
    return [regexpEscape(r), false, endPos - pos, false];
  }
  const sranges = "[" + (negate ? "^" : "") + rangesToString(ranges) + "]";
  const snegs = "[" + (negate ? "" : "^") + rangesToString(negs) + "]";
  const comb = ranges.length && negs.length ? "(" + sranges + "|" + snegs + ")" : ranges.length ? sranges : snegs;
  return [comb, uflag, endPos - pos, true];
};

// node_modules/minimatch/dist/esm/unescape.js
var unescape = (s, { windowsPathsNoEscape = false, magicalBraces = true } = {}) => {
  if (magicalBraces) {
    return windowsPathsNoEscape ? s.replace(/\[([^/\\])\]/g, "$1") : s.replace(/((?!\\).|^)\[([^/\\])\]/g, "$1$2").replace(/\\([^/])/g, "$1");
  }
  return windowsPathsNoEscape ? s.replace(/\[([^/\\{}])\]/g, "$1") : s.replace(/((?!\\).|^)\[([^/\\{}])\]/g, "$1$2").replace(/\\([^/{}])/g, "$1");
};

// node_modules/minimatch/dist/esm/ast.js
var _a;
var types = /* @__PURE__ */ new Set(["!", "?", "+", "*", "@"]);
var isExtglobType = (c) => types.has(c);
var isExtglobAST = (c) => isExtglobType(c.type);
var adoptionMap = /* @__PURE__ */ new Map([
  ["!", ["@"]],
  ["?", ["?", "@"]],
  ["@", ["@"]],
  ["*", ["*", "+", "?", "@"]],
  ["+", ["+", "@"]]
]);
var adoptionWithSpaceMap = /* @__PURE__ */ new Map([
  ["!", ["?"]],
  ["@", ["?"]],
  ["+", ["?", "*"]]
]);
var adoptionAnyMap = /* @__PURE__ */ new Map([
  ["!", ["?", "@"]],
  ["?", ["?", "@"]],
  ["@", ["?", "@"]],
  ["*", ["*", "+", "?", "@"]],
  ["+", ["+", "@", "?", "*"]]
]);
var usurpMap = /* @__PURE__ */ new Map([
  ["!", /* @__PURE__ */ new Map([["!", "@"]])],
  [
    "?",
    /* @__PURE__ */ new Map([
      ["*", "*"],
      ["+", "*"]
    ])
  ],
  [
    "@",
    /* @__PURE__ */ new Map([
      ["!", "!"],
      ["?", "?"],
      ["@", "@"],
      ["*", "*"],
      ["+", "+"]
    ])
  ],
  [
    "+",
    /* @__PURE__ */ new Map([
      ["?", "*"],
      ["*", "*"]
    ])
  ]
]);
var startNoTraversal = "(?!(?:^|/)\\.\\.?(?:$|/))";
var startNoDot = "(?!\\.)";
var addPatternStart = /* @__PURE__ */ new Set(["[", "."]);
var justDots = /* @__PURE__ */ new Set(["..", "."]);
var reSpecials = new Set("().*{}+?[]^$\\!");
var regExpEscape = (s) => s.replace(/[-[\]{}()*+?.,\\^$|#\s]/g, "\\$&");
var qmark = "[^/]";
var star = qmark + "*?";
var starNoEmpty = qmark + "+?";
var ID = 0;
var AST = class {
  type;
  #root;
  #hasMagic;
  #uflag = false;
  #parts = [];
  #parent;
  #parentIndex;
  #negs;
  #filledNegs = false;
  #options;
  #toString;
  // set to true if it's an extglob with no children
  // (which really means one child of '')
  #emptyExt = false;
  id = ++ID;
  get depth() {
    return (this.#parent?.depth ?? -1) + 1;
  }
  [/* @__PURE__ */ Symbol.for("nodejs.util.inspect.custom")]() {
    return {
      "@@type": "AST",
      id: this.id,
      type: this.type,
      root: this.#root.id,
      parent: this.#parent?.id,
      depth: this.depth,
      partsLength: this.#parts.length,
      parts: this.#parts
    };
  }
  constructor(type, parent, options = {}) {
    this.type = type;
    if (type)
      this.#hasMagic = true;
    this.#parent = parent;
    this.#root = this.#parent ? this.#parent.#root : this;
    this.#options = this.#root === this ? options : this.#root.#options;
    this.#negs = this.#root === this ? [] : this.#root.#negs;
    if (type === "!" && !this.#root.#filledNegs)
      this.#negs.push(this);
    this.#parentIndex = this.#parent ? this.#parent.#parts.length : 0;
  }
  get hasMagic() {
    if (this.#hasMagic !== void 0)
      return this.#hasMagic;
    for (const p of this.#parts) {
      if (typeof p === "string")
        continue;
      if (p.type || p.hasMagic)
        return this.#hasMagic = true;
    }
    return this.#hasMagic;
  }
  // reconstructs the pattern
  toString() {
    return this.#toString !== void 0 ? this.#toString : !this.type ? this.#toString = this.#parts.map((p) => String(p)).join("") : this.#toString = this.type + "(" + this.#parts.map((p) => String(p)).join("|") + ")";
  }
  #fillNegs() {
    if (this !== this.#root)
      throw new Error("should only call on root");
    if (this.#filledNegs)
      return this;
    this.toString();
    this.#filledNegs = true;
    let n;
    while (n = this.#negs.pop()) {
      if (n.type !== "!")
        continue;
      let p = n;
      let pp = p.#parent;
      while (pp) {
        for (let i = p.#parentIndex + 1; !pp.type && i < pp.#parts.length; i++) {
          for (const part of n.#parts) {
            if (typeof part === "string") {
              throw new Error("string part in extglob AST??");
            }
            part.copyIn(pp.#parts[i]);
          }
        }
        p = pp;
        pp = p.#parent;
      }
    }
    return this;
  }
  push(...parts) {
    for (const p of parts) {
      if (p === "")
        continue;
      if (typeof p !== "string" && !(p instanceof _a && p.#parent === this)) {
        throw new Error("invalid part: " + p);
      }
      this.#parts.push(p);
    }
  }
  toJSON() {
    const ret = this.type === null ? this.#parts.slice().map((p) => typeof p === "string" ? p : p.toJSON()) : [this.type, ...this.#parts.map((p) => p.toJSON())];
    if (this.isStart() && !this.type)
      ret.unshift([]);
    if (this.isEnd() && (this === this.#root || this.#root.#filledNegs && this.#parent?.type === "!")) {
      ret.push({});
    }
    return ret;
  }
  isStart() {
    if (this.#root === this)
      return true;
    if (!this.#parent?.isStart())
      return false;
    if (this.#parentIndex === 0)
      return true;
    const p = this.#parent;
    for (let i = 0; i < this.#parentIndex; i++) {
      const pp = p.#parts[i];
      if (!(pp instanceof _a && pp.type === "!")) {
        return false;
      }
    }
    return true;
  }
  isEnd() {
    if (this.#root === this)
      return true;
    if (this.#parent?.type === "!")
      return true;
    if (!this.#parent?.isEnd())
      return false;
    if (!this.type)
      return this.#parent?.isEnd();
    const pl = this.#parent ? this.#parent.#parts.length : 0;
    return this.#parentIndex === pl - 1;
  }
  copyIn(part) {
    if (typeof part === "string")
      this.push(part);
    else
      this.push(part.clone(this));
  }
  clone(parent) {
    const c = new _a(this.type, parent);
    for (const p of this.#parts) {
      c.copyIn(p);
    }
    return c;
  }
  static #parseAST(str, ast, pos, opt, extDepth) {
    const maxDepth2 = opt.maxExtglobRecursion ?? 2;
    let escaping = false;
    let inBrace = false;
    let braceStart = -1;
    let braceNeg = false;
    if (ast.type === null) {
      let i2 = pos;
      let acc2 = "";
      while (i2 < str.length) {
        const c = str.charAt(i2++);
        if (escaping || c === "\\") {
          escaping = !escaping;
          acc2 += c;
          continue;
        }
        if (inBrace) {
          if (i2 === braceStart + 1) {
            if (c === "^" || c === "!") {
              braceNeg = true;
            }
          } else if (c === "]" && !(i2 === braceStart + 2 && braceNeg)) {
            inBrace = false;
          }
          acc2 += c;
          continue;
        } else if (c === "[") {
          inBrace = true;
          braceStart = i2;
          braceNeg = false;
          acc2 += c;
          continue;
        }
        const doRecurse = !opt.noext && isExtglobType(c) && str.charAt(i2) === "(" && extDepth <= maxDepth2;
        if (doRecurse) {
          ast.push(acc2);
          acc2 = "";
          const ext2 = new _a(c, ast);
          i2 = _a.#parseAST(str, ext2, i2, opt, extDepth + 1);
          ast.push(ext2);
          continue;
        }
        acc2 += c;
      }
      ast.push(acc2);
      return i2;
    }
    let i = pos + 1;
    let part = new _a(null, ast);
    const parts = [];
    let acc = "";
    while (i < str.length) {
      const c = str.charAt(i++);
      if (escaping || c === "\\") {
        escaping = !escaping;
        acc += c;
        continue;
      }
      if (inBrace) {
        if (i === braceStart + 1) {
          if (c === "^" || c === "!") {
            braceNeg = true;
          }
        } else if (c === "]" && !(i === braceStart + 2 && braceNeg)) {
          inBrace = false;
        }
        acc += c;
        continue;
      } else if (c === "[") {
        inBrace = true;
        braceStart = i;
        braceNeg = false;
        acc += c;
        continue;
      }
      const doRecurse = !opt.noext && isExtglobType(c) && str.charAt(i) === "(" && /* c8 ignore start - the maxDepth is sufficient here */
      (extDepth <= maxDepth2 || ast && ast.#canAdoptType(c));
      if (doRecurse) {
        const depthAdd = ast && ast.#canAdoptType(c) ? 0 : 1;
        part.push(acc);
        acc = "";
        const ext2 = new _a(c, part);
        part.push(ext2);
        i = _a.#parseAST(str, ext2, i, opt, extDepth + depthAdd);
        continue;
      }
      if (c === "|") {
        part.push(acc);
        acc = "";
        parts.push(part);
        part = new _a(null, ast);
        continue;
      }
      if (c === ")") {
        if (acc === "" && ast.#parts.length === 0) {
          ast.#emptyExt = true;
        }
        part.push(acc);
        acc = "";
        ast.push(...parts, part);
        return i;
      }
      acc += c;
    }
    ast.type = null;
    ast.#hasMagic = void 0;
    ast.#parts = [str.substring(pos - 1)];
    return i;
  }
  #canAdoptWithSpace(child3) {
    return this.#canAdopt(child3, adoptionWithSpaceMap);
  }
  #canAdopt(child3, map = adoptionMap) {
    if (!child3 || typeof child3 !== "object" || child3.type !== null || child3.#parts.length !== 1 || this.type === null) {
      return false;
    }
    const gc = child3.#parts[0];
    if (!gc || typeof gc !== "object" || gc.type === null) {
      return false;
    }
    return this.#canAdoptType(gc.type, map);
  }
  #canAdoptType(c, map = adoptionAnyMap) {
    return !!map.get(this.type)?.includes(c);
  }
  #adoptWithSpace(child3, index) {
    const gc = child3.#parts[0];
    const blank = new _a(null, gc, this.options);
    blank.#parts.push("");
    gc.push(blank);
    this.#adopt(child3, index);
  }
  #adopt(child3, index) {
    const gc = child3.#parts[0];
    this.#parts.splice(index, 1, ...gc.#parts);
    for (const p of gc.#parts) {
      if (typeof p === "object")
        p.#parent = this;
    }
    this.#toString = void 0;
  }
  #canUsurpType(c) {
    const m = usurpMap.get(this.type);
    return !!m?.has(c);
  }
  #canUsurp(child3) {
    if (!child3 || typeof child3 !== "object" || child3.type !== null || child3.#parts.length !== 1 || this.type === null || this.#parts.length !== 1) {
      return false;
    }
    const gc = child3.#parts[0];
    if (!gc || typeof gc !== "object" || gc.type === null) {
      return false;
    }
    return this.#canUsurpType(gc.type);
  }
  #usurp(child3) {
    const m = usurpMap.get(this.type);
    const gc = child3.#parts[0];
    const nt = m?.get(gc.type);
    if (!nt)
      return false;
    this.#parts = gc.#parts;
    for (const p of this.#parts) {
      if (typeof p === "object") {
        p.#parent = this;
      }
    }
    this.type = nt;
    this.#toString = void 0;
    this.#emptyExt = false;
  }
  static fromGlob(pattern, options = {}) {
    const ast = new _a(null, void 0, options);
    _a.#parseAST(pattern, ast, 0, options, 0);
    return ast;
  }
  // returns the regular expression if there's magic, or the unescaped
  // string if not.
  toMMPattern() {
    if (this !== this.#root)
      return this.#root.toMMPattern();
    const glob = this.toString();
    const [re, body, hasMagic, uflag] = this.toRegExpSource();
    const anyMagic = hasMagic || this.#hasMagic || this.#options.nocase && !this.#options.nocaseMagicOnly && glob.toUpperCase() !== glob.toLowerCase();
    if (!anyMagic) {
      return body;
    }
    const flags = (this.#options.nocase ? "i" : "") + (uflag ? "u" : "");
    return Object.assign(new RegExp(`^${re}$`, flags), {
      _src: re,
      _glob: glob
    });
  }
  get options() {
    return this.#options;
  }
  // returns the string match, the regexp source, whether there's magic
  // in the regexp (so a regular expression is required) and whether or
  // not the uflag is needed for the regular expression (for posix classes)
  // TODO: instead of injecting the start/end at this point, just return
  // the BODY of the regexp, along with the start/end portions suitable
  // for binding the start/end in either a joined full-path makeRe context
  // (where we bind to (^|/), or a standalone matchPart context (where
  // we bind to ^, and not /).  Otherwise slashes get duped!
  //
  // In part-matching mode, the start is:
  // - if not isStart: nothing
  // - if traversal possible, but not allowed: ^(?!\.\.?$)
  // - if dots allowed or not possible: ^
  // - if dots possible and not allowed: ^(?!\.)
  // end is:
  // - if not isEnd(): nothing
  // - else: $
  //
  // In full-path matching mode, we put the slash at the START of the
  // pattern, so start is:
  // - if first pattern: same as part-matching mode
  // - if not isStart(): nothing
  // - if traversal possible, but not allowed: /(?!\.\.?(?:$|/))
  // - if dots allowed or not possible: /
  // - if dots possible and not allowed: /(?!\.)
  // end is:
  // - if last pattern, same as part-matching mode
  // - else nothing
  //
  // Always put the (?:$|/) on negated tails, though, because that has to be
  // there to bind the end of the negated pattern portion, and it's easier to
  // just stick it in now rather than try to inject it later in the middle of
  // the pattern.
  //
  // We can just always return the same end, and leave it up to the caller
  // to know whether it's going to be used joined or in parts.
  // And, if the start is adjusted slightly, can do the same there:
  // - if not isStart: nothing
  // - if traversal possible, but not allowed: (?:/|^)(?!\.\.?$)
  // - if dots allowed or not possible: (?:/|^)
  // - if dots possible and not allowed: (?:/|^)(?!\.)
  //
  // But it's better to have a simpler binding without a conditional, for
  // performance, so probably better to return both start options.
  //
  // Then the caller just ignores the end if it's not the first pattern,
  // and the start always gets applied.
  //
  // But that's always going to be $ if it's the ending pattern, or nothing,
  // so the caller can just attach $ at the end of the pattern when building.
  //
  // So the todo is:
  // - better detect what kind of start is needed
  // - return both flavors of starting pattern
  // - attach $ at the end of the pattern when creating the actual RegExp
  //
  // Ah, but wait, no, that all only applies to the root when the first pattern
  // is not an extglob. If the first pattern IS an extglob, then we need all
  // that dot prevention biz to live in the extglob portions, because eg
  // +(*|.x*) can match .xy but not .yx.
  //
  // So, return the two flavors if it's #root and the first child is not an
  // AST, otherwise leave it to the child AST to handle it, and there,
  // use the (?:^|/) style of start binding.
  //
  // Even simplified further:
  // - Since the start for a join is eg /(?!\.) and the start for a part
  // is ^(?!\.), we can just prepend (?!\.) to the pattern (either root
  // or start or whatever) and prepend ^ or / at the Regexp construction.
  toRegExpSource(allowDot) {
    const dot = allowDot ?? !!this.#options.dot;
    if (this.#root === this) {
      this.#flatten();
      this.#fillNegs();
    }
    if (!isExtglobAST(this)) {
      const noEmpty = this.isStart() && this.isEnd() && !this.#parts.some((s) => typeof s !== "string");
      const src = this.#parts.map((p) => {
        const [re, _, hasMagic, uflag] = typeof p === "string" ? _a.#parseGlob(p, this.#hasMagic, noEmpty) : p.toRegExpSource(allowDot);
        this.#hasMagic = this.#hasMagic || hasMagic;
        this.#uflag = this.#uflag || uflag;
        return re;
      }).join("");
      let start2 = "";
      if (this.isStart()) {
        if (typeof this.#parts[0] === "string") {
          const dotTravAllowed = this.#parts.length === 1 && justDots.has(this.#parts[0]);
          if (!dotTravAllowed) {
            const aps = addPatternStart;
            const needNoTrav = (
              // dots are allowed, and the pattern starts with [ or .
              dot && aps.has(src.charAt(0)) || // the pattern starts with \., and then [ or .
              src.startsWith("\\.") && aps.has(src.charAt(2)) || // the pattern starts with \.\., and then [ or .
              src.startsWith("\\.\\.") && aps.has(src.charAt(4))
            );
            const needNoDot = !dot && !allowDot && aps.has(src.charAt(0));
            start2 = needNoTrav ? startNoTraversal : needNoDot ? startNoDot : "";
          }
        }
      }
      let end = "";
      if (this.isEnd() && this.#root.#filledNegs && this.#parent?.type === "!") {
        end = "(?:$|\\/)";
      }
      const final2 = start2 + src + end;
      return [
        final2,
        unescape(src),
        this.#hasMagic = !!this.#hasMagic,
        this.#uflag
      ];
    }
    const repeated = this.type === "*" || this.type === "+";
    const start = this.type === "!" ? "(?:(?!(?:" : "(?:";
    let body = this.#partsToRegExp(dot);
    if (this.isStart() && this.isEnd() && !body && this.type !== "!") {
      const s = this.toString();
      const me = this;
      me.#parts = [s];
      me.type = null;
      me.#hasMagic = void 0;
      return [s, unescape(this.toString()), false, false];
    }
    let bodyDotAllowed = !repeated || allowDot || dot || !startNoDot ? "" : this.#partsToRegExp(true);
    if (bodyDotAllowed === body) {
      bodyDotAllowed = "";
    }
    if (bodyDotAllowed) {
      body = `(?:${body})(?:${bodyDotAllowed})*?`;
    }
    let final = "";
    if (this.type === "!" && this.#emptyExt) {
      final = (this.isStart() && !dot ? startNoDot : "") + starNoEmpty;
    } else {
      const close2 = this.type === "!" ? (
        // !() must match something,but !(x) can match ''
        "))" + (this.isStart() && !dot && !allowDot ? startNoDot : "") + star + ")"
      ) : this.type === "@" ? ")" : this.type === "?" ? ")?" : this.type === "+" && bodyDotAllowed ? ")" : this.type === "*" && bodyDotAllowed ? `)?` : `)${this.type}`;
      final = start + body + close2;
    }
    return [
      final,
      unescape(body),
      this.#hasMagic = !!this.#hasMagic,
      this.#uflag
    ];
  }
  #flatten() {
    if (!isExtglobAST(this)) {
      for (const p of this.#parts) {
        if (typeof p === "object") {
          p.#flatten();
        }
      }
    } else {
      let iterations = 0;
      let done = false;
      do {
        done = true;
        for (let i = 0; i < this.#parts.length; i++) {
          const c = this.#parts[i];
          if (typeof c === "object") {
            c.#flatten();
            if (this.#canAdopt(c)) {
              done = false;
              this.#adopt(c, i);
            } else if (this.#canAdoptWithSpace(c)) {
              done = false;
              this.#adoptWithSpace(c, i);
            } else if (this.#canUsurp(c)) {
              done = false;
              this.#usurp(c);
            }
          }
        }
      } while (!done && ++iterations < 10);
    }
    this.#toString = void 0;
  }
  #partsToRegExp(dot) {
    return this.#parts.map((p) => {
      if (typeof p === "string") {
        throw new Error("string type in extglob ast??");
      }
      const [re, _, _hasMagic, uflag] = p.toRegExpSource(dot);
      this.#uflag = this.#uflag || uflag;
      return re;
    }).filter((p) => !(this.isStart() && this.isEnd()) || !!p).join("|");
  }
  static #parseGlob(glob, hasMagic, noEmpty = false) {
    let escaping = false;
    let re = "";
    let uflag = false;
    let inStar = false;
    for (let i = 0; i < glob.length; i++) {
      const c = glob.charAt(i);
      if (escaping) {
        escaping = false;
        re += (reSpecials.has(c) ? "\\" : "") + c;
        continue;
      }
      if (c === "*") {
        if (inStar)
          continue;
        inStar = true;
        re += noEmpty && /^[*]+$/.test(glob) ? starNoEmpty : star;
        hasMagic = true;
        continue;
      } else {
        inStar = false;
      }
      if (c === "\\") {
        if (i === glob.length - 1) {
          re += "\\\\";
        } else {
          escaping = true;
        }
        continue;
      }
      if (c === "[") {
        const [src, needUflag, consumed, magic] = parseClass(glob, i);
        if (consumed) {
          re += src;
          uflag = uflag || needUflag;
          i += consumed - 1;
          hasMagic = hasMagic || magic;
          continue;
        }
      }
      if (c === "?") {
        re += qmark;
        hasMagic = true;
        continue;
      }
      re += regExpEscape(c);
    }
    return [re, unescape(glob), !!hasMagic, uflag];
  }
};
_a = AST;

// node_modules/minimatch/dist/esm/escape.js
var escape = (s, { windowsPathsNoEscape = false, magicalBraces = false } = {}) => {
  if (magicalBraces) {
    return windowsPathsNoEscape ? s.replace(/[?*()[\]{}]/g, "[$&]") : s.replace(/[?*()[\]\\{}]/g, "\\$&");
  }
  return windowsPathsNoEscape ? s.replace(/[?*()[\]]/g, "[$&]") : s.replace(/[?*()[\]\\]/g, "\\$&");
};

// node_modules/minimatch/dist/esm/index.js
var minimatch = (p, pattern, options = {}) => {
  assertValidPattern(pattern);
  if (!options.nocomment && pattern.charAt(0) === "#") {
    return false;
  }
  return new Minimatch(pattern, options).match(p);
};
var starDotExtRE = /^\*+([^+@!?*[(]*)$/;
var starDotExtTest = (ext2) => (f) => !f.startsWith(".") && f.endsWith(ext2);
var starDotExtTestDot = (ext2) => (f) => f.endsWith(ext2);
var starDotExtTestNocase = (ext2) => {
  ext2 = ext2.toLowerCase();
  return (f) => !f.startsWith(".") && f.toLowerCase().endsWith(ext2);
};
var starDotExtTestNocaseDot = (ext2) => {
  ext2 = ext2.toLowerCase();
  return (f) => f.toLowerCase().endsWith(ext2);
};
var starDotStarRE = /^\*+\.\*+$/;
var starDotStarTest = (f) => !f.startsWith(".") && f.includes(".");
var starDotStarTestDot = (f) => f !== "." && f !== ".." && f.includes(".");
var dotStarRE = /^\.\*+$/;
var dotStarTest = (f) => f !== "." && f !== ".." && f.startsWith(".");
var starRE = /^\*+$/;
var starTest = (f) => f.length !== 0 && !f.startsWith(".");
var starTestDot = (f) => f.length !== 0 && f !== "." && f !== "..";
var qmarksRE = /^\?+([^+@!?*[(]*)?$/;
var qmarksTestNocase = ([$0, ext2 = ""]) => {
  const noext = qmarksTestNoExt([$0]);
  if (!ext2)
    return noext;
  ext2 = ext2.toLowerCase();
  return (f) => noext(f) && f.toLowerCase().endsWith(ext2);
};
var qmarksTestNocaseDot = ([$0, ext2 = ""]) => {
  const noext = qmarksTestNoExtDot([$0]);
  if (!ext2)
    return noext;
  ext2 = ext2.toLowerCase();
  return (f) => noext(f) && f.toLowerCase().endsWith(ext2);
};
var qmarksTestDot = ([$0, ext2 = ""]) => {
  const noext = qmarksTestNoExtDot([$0]);
  return !ext2 ? noext : (f) => noext(f) && f.endsWith(ext2);
};
var qmarksTest = ([$0, ext2 = ""]) => {
  const noext = qmarksTestNoExt([$0]);
  return !ext2 ? noext : (f) => noext(f) && f.endsWith(ext2);
};
var qmarksTestNoExt = ([$0]) => {
  const len = $0.length;
  return (f) => f.length === len && !f.startsWith(".");
};
var qmarksTestNoExtDot = ([$0]) => {
  const len = $0.length;
  return (f) => f.length === len && f !== "." && f !== "..";
};
var defaultPlatform = typeof process === "object" && process ? typeof process.env === "object" && process.env && process.env.__MINIMATCH_TESTING_PLATFORM__ || process.platform : "posix";
var path41 = {
  win32: { sep: "\\" },
  posix: { sep: "/" }
};
var sep5 = defaultPlatform === "win32" ? path41.win32.sep : path41.posix.sep;
minimatch.sep = sep5;
var GLOBSTAR = /* @__PURE__ */ Symbol("globstar **");
minimatch.GLOBSTAR = GLOBSTAR;
var qmark2 = "[^/]";
var star2 = qmark2 + "*?";
var twoStarDot = "(?:(?!(?:\\/|^)(?:\\.{1,2})($|\\/)).)*?";
var twoStarNoDot = "(?:(?!(?:\\/|^)\\.).)*?";
var filter = (pattern, options = {}) => (p) => minimatch(p, pattern, options);
minimatch.filter = filter;
var ext = (a, b = {}) => Object.assign({}, a, b);
var defaults = (def) => {
  if (!def || typeof def !== "object" || !Object.keys(def).length) {
    return minimatch;
  }
  const orig = minimatch;
  const m = (p, pattern, options = {}) => orig(p, pattern, ext(def, options));
  return Object.assign(m, {
    Minimatch: class Minimatch extends orig.Minimatch {
      constructor(pattern, options = {}) {
        super(pattern, ext(def, options));
      }
      static defaults(options) {
        return orig.defaults(ext(def, options)).Minimatch;
      }
    },
    AST: class AST extends orig.AST {
      /* c8 ignore start */
      constructor(type, parent, options = {}) {
        super(type, parent, ext(def, options));
      }
      /* c8 ignore stop */
      static fromGlob(pattern, options = {}) {
        return orig.AST.fromGlob(pattern, ext(def, options));
      }
    },
    unescape: (s, options = {}) => orig.unescape(s, ext(def, options)),
    escape: (s, options = {}) => orig.escape(s, ext(def, options)),
    filter: (pattern, options = {}) => orig.filter(pattern, ext(def, options)),
    defaults: (options) => orig.defaults(ext(def, options)),
    makeRe: (pattern, options = {}) => orig.makeRe(pattern, ext(def, options)),
    braceExpand: (pattern, options = {}) => orig.braceExpand(pattern, ext(def, options)),
    match: (list6, pattern, options = {}) => orig.match(list6, pattern, ext(def, options)),
    sep: orig.sep,
    GLOBSTAR
  });
};
minimatch.defaults = defaults;
var braceExpand = (pattern, options = {}) => {
  assertValidPattern(pattern);
  if (options.nobrace || !/\{(?:(?!\{).)*\}/.test(pattern)) {
    return [pattern];
  }
  return expand(pattern, { max: options.braceExpandMax });
};
minimatch.braceExpand = braceExpand;
var makeRe = (pattern, options = {}) => new Minimatch(pattern, options).makeRe();
minimatch.makeRe = makeRe;
var match2 = (list6, pattern, options = {}) => {
  const mm = new Minimatch(pattern, options);
  list6 = list6.filter((f) => mm.match(f));
  if (mm.options.nonull && !list6.length) {
    list6.push(pattern);
  }
  return list6;
};
minimatch.match = match2;
var globMagic = /[?*]|[+@!]\(.*?\)|\[|\]/;
var regExpEscape2 = (s) => s.replace(/[-[\]{}()*+?.,\\^$|#\s]/g, "\\$&");
var Minimatch = class {
  options;
  set;
  pattern;
  windowsPathsNoEscape;
  nonegate;
  negate;
  comment;
  empty;
  preserveMultipleSlashes;
  partial;
  globSet;
  globParts;
  nocase;
  isWindows;
  platform;
  windowsNoMagicRoot;
  maxGlobstarRecursion;
  regexp;
  constructor(pattern, options = {}) {
    assertValidPattern(pattern);
    options = options || {};
    this.options = options;
    this.maxGlobstarRecursion = options.maxGlobstarRecursion ?? 200;
    this.pattern = pattern;
    this.platform = options.platform || defaultPlatform;
    this.isWindows = this.platform === "win32";
    const awe = "allowWindowsEscape";
    this.windowsPathsNoEscape = !!options.windowsPathsNoEscape || options[awe] === false;
    if (this.windowsPathsNoEscape) {
      this.pattern = this.pattern.replace(/\\/g, "/");
    }
    this.preserveMultipleSlashes = !!options.preserveMultipleSlashes;
    this.regexp = null;
    this.negate = false;
    this.nonegate = !!options.nonegate;
    this.comment = false;
    this.empty = false;
    this.partial = !!options.partial;
    this.nocase = !!this.options.nocase;
    this.windowsNoMagicRoot = options.windowsNoMagicRoot !== void 0 ? options.windowsNoMagicRoot : !!(this.isWindows && this.nocase);
    this.globSet = [];
    this.globParts = [];
    this.set = [];
    this.make();
  }
  hasMagic() {
    if (this.options.magicalBraces && this.set.length > 1) {
      return true;
    }
    for (const pattern of this.set) {
      for (const part of pattern) {
        if (typeof part !== "string")
          return true;
      }
    }
    return false;
  }
  debug(..._) {
  }
  make() {
    const pattern = this.pattern;
    const options = this.options;
    if (!options.nocomment && pattern.charAt(0) === "#") {
      this.comment = true;
      return;
    }
    if (!pattern) {
      this.empty = true;
      return;
    }
    this.parseNegate();
    this.globSet = [...new Set(this.braceExpand())];
    if (options.debug) {
      this.debug = (...args) => console.error(...args);
    }
    this.debug(this.pattern, this.globSet);
    const rawGlobParts = this.globSet.map((s) => this.slashSplit(s));
    this.globParts = this.preprocess(rawGlobParts);
    this.debug(this.pattern, this.globParts);
    let set = this.globParts.map((s, _, __) => {
      if (this.isWindows && this.windowsNoMagicRoot) {
        const isUNC = s[0] === "" && s[1] === "" && (s[2] === "?" || !globMagic.test(s[2])) && !globMagic.test(s[3]);
        const isDrive = /^[a-z]:/i.test(s[0]);
        if (isUNC) {
          return [
            ...s.slice(0, 4),
            ...s.slice(4).map((ss) => this.parse(ss))
          ];
        } else if (isDrive) {
          return [s[0], ...s.slice(1).map((ss) => this.parse(ss))];
        }
      }
      return s.map((ss) => this.parse(ss));
    });
    this.debug(this.pattern, set);
    this.set = set.filter((s) => s.indexOf(false) === -1);
    if (this.isWindows) {
      for (let i = 0; i < this.set.length; i++) {
        const p = this.set[i];
        if (p[0] === "" && p[1] === "" && this.globParts[i][2] === "?" && typeof p[3] === "string" && /^[a-z]:$/i.test(p[3])) {
          p[2] = "?";
        }
      }
    }
    this.debug(this.pattern, this.set);
  }
  // various transforms to equivalent pattern sets that are
  // faster to process in a filesystem walk.  The goal is to
  // eliminate what we can, and push all ** patterns as far
  // to the right as possible, even if it increases the number
  // of patterns that we have to process.
  preprocess(globParts) {
    if (this.options.noglobstar) {
      for (const partset of globParts) {
        for (let j = 0; j < partset.length; j++) {
          if (partset[j] === "**") {
            partset[j] = "*";
          }
        }
      }
    }
    const { optimizationLevel = 1 } = this.options;
    if (optimizationLevel >= 2) {
      globParts = this.firstPhasePreProcess(globParts);
      globParts = this.secondPhasePreProcess(globParts);
    } else if (optimizationLevel >= 1) {
      globParts = this.levelOneOptimize(globParts);
    } else {
      globParts = this.adjascentGlobstarOptimize(globParts);
    }
    return globParts;
  }
  // just get rid of adjascent ** portions
  adjascentGlobstarOptimize(globParts) {
    return globParts.map((parts) => {
      let gs = -1;
      while (-1 !== (gs = parts.indexOf("**", gs + 1))) {
        let i = gs;
        while (parts[i + 1] === "**") {
          i++;
        }
        if (i !== gs) {
          parts.splice(gs, i - gs);
        }
      }
      return parts;
    });
  }
  // get rid of adjascent ** and resolve .. portions
  levelOneOptimize(globParts) {
    return globParts.map((parts) => {
      parts = parts.reduce((set, part) => {
        const prev = set[set.length - 1];
        if (part === "**" && prev === "**") {
          return set;
        }
        if (part === "..") {
          if (prev && prev !== ".." && prev !== "." && prev !== "**") {
            set.pop();
            return set;
          }
        }
        set.push(part);
        return set;
      }, []);
      return parts.length === 0 ? [""] : parts;
    });
  }
  levelTwoFileOptimize(parts) {
    if (!Array.isArray(parts)) {
      parts = this.slashSplit(parts);
    }
    let didSomething = false;
    do {
      didSomething = false;
      if (!this.preserveMultipleSlashes) {
        for (let i = 1; i < parts.length - 1; i++) {
          const p = parts[i];
          if (i === 1 && p === "" && parts[0] === "")
            continue;
          if (p === "." || p === "") {
            didSomething = true;
            parts.splice(i, 1);
            i--;
          }
        }
        if (parts[0] === "." && parts.length === 2 && (parts[1] === "." || parts[1] === "")) {
          didSomething = true;
          parts.pop();
        }
      }
      let dd = 0;
      while (-1 !== (dd = parts.indexOf("..", dd + 1))) {
        const p = parts[dd - 1];
        if (p && p !== "." && p !== ".." && p !== "**" && !(this.isWindows && /^[a-z]:$/i.test(p))) {
          didSomething = true;
          parts.splice(dd - 1, 2);
          dd -= 2;
        }
      }
    } while (didSomething);
    return parts.length === 0 ? [""] : parts;
  }
  // First phase: single-pattern processing
  // <pre> is 1 or more portions
  // <rest> is 1 or more portions
  // <p> is any portion other than ., .., '', or **
  // <e> is . or ''
  //
  // **/.. is *brutal* for filesystem walking performance, because
  // it effectively resets the recursive walk each time it occurs,
  // and ** cannot be reduced out by a .. pattern part like a regexp
  // or most strings (other than .., ., and '') can be.
  //
  // <pre>/**/../<p>/<p>/<rest> -> {<pre>/../<p>/<p>/<rest>,<pre>/**/<p>/<p>/<rest>}
  // <pre>/<e>/<rest> -> <pre>/<rest>
  // <pre>/<p>/../<rest> -> <pre>/<rest>
  // **/**/<rest> -> **/<rest>
  //
  // **/*/<rest> -> */**/<rest> <== not valid because ** doesn't follow
  // this WOULD be allowed if ** did follow symlinks, or * didn't
  firstPhasePreProcess(globParts) {
    let didSomething = false;
    do {
      didSomething = false;
      for (let parts of globParts) {
        let gs = -1;
        while (-1 !== (gs = parts.indexOf("**", gs + 1))) {
          let gss = gs;
          while (parts[gss + 1] === "**") {
            gss++;
          }
          if (gss > gs) {
            parts.splice(gs + 1, gss - gs);
          }
          let next = parts[gs + 1];
          const p = parts[gs + 2];
          const p2 = parts[gs + 3];
          if (next !== "..")
            continue;
          if (!p || p === "." || p === ".." || !p2 || p2 === "." || p2 === "..") {
            continue;
          }
          didSomething = true;
          parts.splice(gs, 1);
          const other = parts.slice(0);
          other[gs] = "**";
          globParts.push(other);
          gs--;
        }
        if (!this.preserveMultipleSlashes) {
          for (let i = 1; i < parts.length - 1; i++) {
            const p = parts[i];
            if (i === 1 && p === "" && parts[0] === "")
              continue;
            if (p === "." || p === "") {
              didSomething = true;
              parts.splice(i, 1);
              i--;
            }
          }
          if (parts[0] === "." && parts.length === 2 && (parts[1] === "." || parts[1] === "")) {
            didSomething = true;
            parts.pop();
          }
        }
        let dd = 0;
        while (-1 !== (dd = parts.indexOf("..", dd + 1))) {
          const p = parts[dd - 1];
          if (p && p !== "." && p !== ".." && p !== "**") {
            didSomething = true;
            const needDot = dd === 1 && parts[dd + 1] === "**";
            const splin = needDot ? ["."] : [];
            parts.splice(dd - 1, 2, ...splin);
            if (parts.length === 0)
              parts.push("");
            dd -= 2;
          }
        }
      }
    } while (didSomething);
    return globParts;
  }
  // second phase: multi-pattern dedupes
  // {<pre>/*/<rest>,<pre>/<p>/<rest>} -> <pre>/*/<rest>
  // {<pre>/<rest>,<pre>/<rest>} -> <pre>/<rest>
  // {<pre>/**/<rest>,<pre>/<rest>} -> <pre>/**/<rest>
  //
  // {<pre>/**/<rest>,<pre>/**/<p>/<rest>} -> <pre>/**/<rest>
  // ^-- not valid because ** doens't follow symlinks
  secondPhasePreProcess(globParts) {
    for (let i = 0; i < globParts.length - 1; i++) {
      for (let j = i + 1; j < globParts.length; j++) {
        const matched = this.partsMatch(globParts[i], globParts[j], !this.preserveMultipleSlashes);
        if (matched) {
          globParts[i] = [];
          globParts[j] = matched;
          break;
        }
      }
    }
    return globParts.filter((gs) => gs.length);
  }
  partsMatch(a, b, emptyGSMatch = false) {
    let ai = 0;
    let bi = 0;
    let result = [];
    let which2 = "";
    while (ai < a.length && bi < b.length) {
      if (a[ai] === b[bi]) {
        result.push(which2 === "b" ? b[bi] : a[ai]);
        ai++;
        bi++;
      } else if (emptyGSMatch && a[ai] === "**" && b[bi] === a[ai + 1]) {
        result.push(a[ai]);
        ai++;
      } else if (emptyGSMatch && b[bi] === "**" && a[ai] === b[bi + 1]) {
        result.push(b[bi]);
        bi++;
      } else if (a[ai] === "*" && b[bi] && (this.options.dot || !b[bi].startsWith(".")) && b[bi] !== "**") {
        if (which2 === "b")
          return false;
        which2 = "a";
        result.push(a[ai]);
        ai++;
        bi++;
      } else if (b[bi] === "*" && a[ai] && (this.options.dot || !a[ai].startsWith(".")) && a[ai] !== "**") {
        if (which2 === "a")
          return false;
        which2 = "b";
        result.push(b[bi]);
        ai++;
        bi++;
      } else {
        return false;
      }
    }
    return a.length === b.length && result;
  }
  parseNegate() {
    if (this.nonegate)
      return;
    const pattern = this.pattern;
    let negate = false;
    let negateOffset = 0;
    for (let i = 0; i < pattern.length && pattern.charAt(i) === "!"; i++) {
      negate = !negate;
      negateOffset++;
    }
    if (negateOffset)
      this.pattern = pattern.slice(negateOffset);
    this.negate = negate;
  }
  // set partial to true to test if, for example,
  // "/a/b" matches the start of "/*/b/*/d"
  // Partial means, if you run out of file before you run
  // out of pattern, then that's fine, as long as all
  // the parts match.
  matchOne(file, pattern, partial = false) {
    let fileStartIndex = 0;
    let patternStartIndex = 0;
    if (this.isWindows) {
      const fileDrive = typeof file[0] === "string" && /^[a-z]:$/i.test(file[0]);
      const fileUNC = !fileDrive && file[0] === "" && file[1] === "" && file[2] === "?" && /^[a-z]:$/i.test(file[3]);
      const patternDrive = typeof pattern[0] === "string" && /^[a-z]:$/i.test(pattern[0]);
      const patternUNC = !patternDrive && pattern[0] === "" && pattern[1] === "" && pattern[2] === "?" && typeof pattern[3] === "string" && /^[a-z]:$/i.test(pattern[3]);
      const fdi = fileUNC ? 3 : fileDrive ? 0 : void 0;
      const pdi = patternUNC ? 3 : patternDrive ? 0 : void 0;
      if (typeof fdi === "number" && typeof pdi === "number") {
        const [fd, pd] = [
          file[fdi],
          pattern[pdi]
        ];
        if (fd.toLowerCase() === pd.toLowerCase()) {
          pattern[pdi] = fd;
          patternStartIndex = pdi;
          fileStartIndex = fdi;
        }
      }
    }
    const { optimizationLevel = 1 } = this.options;
    if (optimizationLevel >= 2) {
      file = this.levelTwoFileOptimize(file);
    }
    if (pattern.includes(GLOBSTAR)) {
      return this.#matchGlobstar(file, pattern, partial, fileStartIndex, patternStartIndex);
    }
    return this.#matchOne(file, pattern, partial, fileStartIndex, patternStartIndex);
  }
  #matchGlobstar(file, pattern, partial, fileIndex, patternIndex) {
    const firstgs = pattern.indexOf(GLOBSTAR, patternIndex);
    const lastgs = pattern.lastIndexOf(GLOBSTAR);
    const [head, body, tail] = partial ? [
      pattern.slice(patternIndex, firstgs),
      pattern.slice(firstgs + 1),
      []
    ] : [
      pattern.slice(patternIndex, firstgs),
      pattern.slice(firstgs + 1, lastgs),
      pattern.slice(lastgs + 1)
    ];
    if (head.length) {
      const fileHead = file.slice(fileIndex, fileIndex + head.length);
      if (!this.#matchOne(fileHead, head, partial, 0, 0)) {
        return false;
      }
      fileIndex += head.length;
      patternIndex += head.length;
    }
    let fileTailMatch = 0;
    if (tail.length) {
      if (tail.length + fileIndex > file.length)
        return false;
      let tailStart = file.length - tail.length;
      if (this.#matchOne(file, tail, partial, tailStart, 0)) {
        fileTailMatch = tail.length;
      } else {
        if (file[file.length - 1] !== "" || fileIndex + tail.length === file.length) {
          return false;
        }
        tailStart--;
        if (!this.#matchOne(file, tail, partial, tailStart, 0)) {
          return false;
        }
        fileTailMatch = tail.length + 1;
      }
    }
    if (!body.length) {
      let sawSome = !!fileTailMatch;
      for (let i2 = fileIndex; i2 < file.length - fileTailMatch; i2++) {
        const f = String(file[i2]);
        sawSome = true;
        if (f === "." || f === ".." || !this.options.dot && f.startsWith(".")) {
          return false;
        }
      }
      return partial || sawSome;
    }
    const bodySegments = [[[], 0]];
    let currentBody = bodySegments[0];
    let nonGsParts = 0;
    const nonGsPartsSums = [0];
    for (const b of body) {
      if (b === GLOBSTAR) {
        nonGsPartsSums.push(nonGsParts);
        currentBody = [[], 0];
        bodySegments.push(currentBody);
      } else {
        currentBody[0].push(b);
        nonGsParts++;
      }
    }
    let i = bodySegments.length - 1;
    const fileLength = file.length - fileTailMatch;
    for (const b of bodySegments) {
      b[1] = fileLength - (nonGsPartsSums[i--] + b[0].length);
    }
    return !!this.#matchGlobStarBodySections(file, bodySegments, fileIndex, 0, partial, 0, !!fileTailMatch);
  }
  // return false for "nope, not matching"
  // return null for "not matching, cannot keep trying"
  #matchGlobStarBodySections(file, bodySegments, fileIndex, bodyIndex, partial, globStarDepth, sawTail) {
    const bs = bodySegments[bodyIndex];
    if (!bs) {
      for (let i = fileIndex; i < file.length; i++) {
        sawTail = true;
        const f = file[i];
        if (f === "." || f === ".." || !this.options.dot && f.startsWith(".")) {
          return false;
        }
      }
      return sawTail;
    }
    const [body, after] = bs;
    while (fileIndex <= after) {
      const m = this.#matchOne(file.slice(0, fileIndex + body.length), body, partial, fileIndex, 0);
      if (m && globStarDepth < this.maxGlobstarRecursion) {
        const sub = this.#matchGlobStarBodySections(file, bodySegments, fileIndex + body.length, bodyIndex + 1, partial, globStarDepth + 1, sawTail);
        if (sub !== false) {
          return sub;
        }
      }
      const f = file[fileIndex];
      if (f === "." || f === ".." || !this.options.dot && f.startsWith(".")) {
        return false;
      }
      fileIndex++;
    }
    return partial || null;
  }
  #matchOne(file, pattern, partial, fileIndex, patternIndex) {
    let fi;
    let pi;
    let pl;
    let fl;
    for (fi = fileIndex, pi = patternIndex, fl = file.length, pl = pattern.length; fi < fl && pi < pl; fi++, pi++) {
      this.debug("matchOne loop");
      let p = pattern[pi];
      let f = file[fi];
      this.debug(pattern, p, f);
      if (p === false || p === GLOBSTAR) {
        return false;
      }
      let hit;
      if (typeof p === "string") {
        hit = f === p;
        this.debug("string match", p, f, hit);
      } else {
        hit = p.test(f);
        this.debug("pattern match", p, f, hit);
      }
      if (!hit)
        return false;
    }
    if (fi === fl && pi === pl) {
      return true;
    } else if (fi === fl) {
      return partial;
    } else if (pi === pl) {
      return fi === fl - 1 && file[fi] === "";
    } else {
      throw new Error("wtf?");
    }
  }
  braceExpand() {
    return braceExpand(this.pattern, this.options);
  }
  parse(pattern) {
    assertValidPattern(pattern);
    const options = this.options;
    if (pattern === "**")
      return GLOBSTAR;
    if (pattern === "")
      return "";
    let m;
    let fastTest = null;
    if (m = pattern.match(starRE)) {
      fastTest = options.dot ? starTestDot : starTest;
    } else if (m = pattern.match(starDotExtRE)) {
      fastTest = (options.nocase ? options.dot ? starDotExtTestNocaseDot : starDotExtTestNocase : options.dot ? starDotExtTestDot : starDotExtTest)(m[1]);
    } else if (m = pattern.match(qmarksRE)) {
      fastTest = (options.nocase ? options.dot ? qmarksTestNocaseDot : qmarksTestNocase : options.dot ? qmarksTestDot : qmarksTest)(m);
    } else if (m = pattern.match(starDotStarRE)) {
      fastTest = options.dot ? starDotStarTestDot : starDotStarTest;
    } else if (m = pattern.match(dotStarRE)) {
      fastTest = dotStarTest;
    }
    const re = AST.fromGlob(pattern, this.options).toMMPattern();
    if (fastTest && typeof re === "object") {
      Reflect.defineProperty(re, "test", { value: fastTest });
    }
    return re;
  }
  makeRe() {
    if (this.regexp || this.regexp === false)
      return this.regexp;
    const set = this.set;
    if (!set.length) {
      this.regexp = false;
      return this.regexp;
    }
    const options = this.options;
    const twoStar = options.noglobstar ? star2 : options.dot ? twoStarDot : twoStarNoDot;
    const flags = new Set(options.nocase ? ["i"] : []);
    let re = set.map((pattern) => {
      const pp = pattern.map((p) => {
        if (p instanceof RegExp) {
          for (const f of p.flags.split(""))
            flags.add(f);
        }
        return typeof p === "string" ? regExpEscape2(p) : p === GLOBSTAR ? GLOBSTAR : p._src;
      });
      pp.forEach((p, i) => {
        const next = pp[i + 1];
        const prev = pp[i - 1];
        if (p !== GLOBSTAR || prev === GLOBSTAR) {
          return;
        }
        if (prev === void 0) {
          if (next !== void 0 && next !== GLOBSTAR) {
            pp[i + 1] = "(?:\\/|" + twoStar + "\\/)?" + next;
          } else {
            pp[i] = twoStar;
          }
        } else if (next === void 0) {
          pp[i - 1] = prev + "(?:\\/|\\/" + twoStar + ")?";
        } else if (next !== GLOBSTAR) {
          pp[i - 1] = prev + "(?:\\/|\\/" + twoStar + "\\/)" + next;
          pp[i + 1] = GLOBSTAR;
        }
      });
      const filtered = pp.filter((p) => p !== GLOBSTAR);
      if (this.partial && filtered.length >= 1) {
        const prefixes = [];
        for (let i = 1; i <= filtered.length; i++) {
          prefixes.push(filtered.slice(0, i).join("/"));
        }
        return "(?:" + prefixes.join("|") + ")";
      }
      return filtered.join("/");
    }).join("|");
    const [open3, close2] = set.length > 1 ? ["(?:", ")"] : ["", ""];
    re = "^" + open3 + re + close2 + "$";
    if (this.partial) {
      re = "^(?:\\/|" + open3 + re.slice(1, -1) + close2 + ")$";
    }
    if (this.negate)
      re = "^(?!" + re + ").+$";
    try {
      this.regexp = new RegExp(re, [...flags].join(""));
    } catch {
      this.regexp = false;
    }
    return this.regexp;
  }
  slashSplit(p) {
    if (this.preserveMultipleSlashes) {
      return p.split("/");
    } else if (this.isWindows && /^\/\/[^/]+/.test(p)) {
      return ["", ...p.split(/\/+/)];
    } else {
      return p.split(/\/+/);
    }
  }
  match(f, partial = this.partial) {
    this.debug("match", f, this.pattern);
    if (this.comment) {
      return false;
    }
    if (this.empty) {
      return f === "";
    }
    if (f === "/" && partial) {
      return true;
    }
    const options = this.options;
    if (this.isWindows) {
      f = f.split("\\").join("/");
    }
    const ff = this.slashSplit(f);
    this.debug(this.pattern, "split", ff);
    const set = this.set;
    this.debug(this.pattern, "set", set);
    let filename = ff[ff.length - 1];
    if (!filename) {
      for (let i = ff.length - 2; !filename && i >= 0; i--) {
        filename = ff[i];
      }
    }
    for (const pattern of set) {
      let file = ff;
      if (options.matchBase && pattern.length === 1) {
        file = [filename];
      }
      const hit = this.matchOne(file, pattern, partial);
      if (hit) {
        if (options.flipNegate) {
          return true;
        }
        return !this.negate;
      }
    }
    if (options.flipNegate) {
      return false;
    }
    return this.negate;
  }
  static defaults(def) {
    return minimatch.defaults(def).Minimatch;
  }
};
minimatch.AST = AST;
minimatch.Minimatch = Minimatch;
minimatch.escape = escape;
minimatch.unescape = unescape;

// node_modules/@actions/glob/lib/internal-path.js
import * as path42 from "path";
import assert2 from "assert";
var IS_WINDOWS5 = process.platform === "win32";
var Path = class {
  /**
   * Constructs a Path
   * @param itemPath Path or array of segments
   */
  constructor(itemPath) {
    this.segments = [];
    if (typeof itemPath === "string") {
      assert2(itemPath, `Parameter 'itemPath' must not be empty`);
      itemPath = safeTrimTrailingSeparator(itemPath);
      if (!hasRoot(itemPath)) {
        this.segments = itemPath.split(path42.sep);
      } else {
        let remaining = itemPath;
        let dir = dirname15(remaining);
        while (dir !== remaining) {
          const basename15 = path42.basename(remaining);
          this.segments.unshift(basename15);
          remaining = dir;
          dir = dirname15(remaining);
        }
        this.segments.unshift(remaining);
      }
    } else {
      assert2(itemPath.length > 0, `Parameter 'itemPath' must not be an empty array`);
      for (let i = 0; i < itemPath.length; i++) {
        let segment = itemPath[i];
        assert2(segment, `Parameter 'itemPath' must not contain any empty segments`);
        segment = normalizeSeparators2(itemPath[i]);
        if (i === 0 && hasRoot(segment)) {
          segment = safeTrimTrailingSeparator(segment);
          assert2(segment === dirname15(segment), `Parameter 'itemPath' root segment contains information for multiple segments`);
          this.segments.push(segment);
        } else {
          assert2(!segment.includes(path42.sep), `Parameter 'itemPath' contains unexpected path separators`);
          this.segments.push(segment);
        }
      }
    }
  }
  /**
   * Converts the path to it's string representation
   */
  toString() {
    let result = this.segments[0];
    let skipSlash = result.endsWith(path42.sep) || IS_WINDOWS5 && /^[A-Z]:$/i.test(result);
    for (let i = 1; i < this.segments.length; i++) {
      if (skipSlash) {
        skipSlash = false;
      } else {
        result += path42.sep;
      }
      result += this.segments[i];
    }
    return result;
  }
};

// node_modules/@actions/glob/lib/internal-pattern.js
var IS_WINDOWS6 = process.platform === "win32";
var Pattern = class _Pattern {
  constructor(patternOrNegate, isImplicitPattern = false, segments, homedir3) {
    this.negate = false;
    let pattern;
    if (typeof patternOrNegate === "string") {
      pattern = patternOrNegate.trim();
    } else {
      segments = segments || [];
      assert3(segments.length, `Parameter 'segments' must not empty`);
      const root = _Pattern.getLiteral(segments[0]);
      assert3(root && hasAbsoluteRoot(root), `Parameter 'segments' first element must be a root path`);
      pattern = new Path(segments).toString().trim();
      if (patternOrNegate) {
        pattern = `!${pattern}`;
      }
    }
    while (pattern.startsWith("!")) {
      this.negate = !this.negate;
      pattern = pattern.substr(1).trim();
    }
    pattern = _Pattern.fixupPattern(pattern, homedir3);
    this.segments = new Path(pattern).segments;
    this.trailingSeparator = normalizeSeparators2(pattern).endsWith(path43.sep);
    pattern = safeTrimTrailingSeparator(pattern);
    let foundGlob = false;
    const searchSegments = this.segments.map((x) => _Pattern.getLiteral(x)).filter((x) => !foundGlob && !(foundGlob = x === ""));
    this.searchPath = new Path(searchSegments).toString();
    this.rootRegExp = new RegExp(_Pattern.regExpEscape(searchSegments[0]), IS_WINDOWS6 ? "i" : "");
    this.isImplicitPattern = isImplicitPattern;
    const minimatchOptions = {
      dot: true,
      nobrace: true,
      nocase: IS_WINDOWS6,
      nocomment: true,
      noext: true,
      nonegate: true
    };
    pattern = IS_WINDOWS6 ? pattern.replace(/\\/g, "/") : pattern;
    this.minimatch = new Minimatch(pattern, minimatchOptions);
  }
  /**
   * Matches the pattern against the specified path
   */
  match(itemPath) {
    if (this.segments[this.segments.length - 1] === "**") {
      itemPath = normalizeSeparators2(itemPath);
      if (!itemPath.endsWith(path43.sep) && this.isImplicitPattern === false) {
        itemPath = `${itemPath}${path43.sep}`;
      }
    } else {
      itemPath = safeTrimTrailingSeparator(itemPath);
    }
    if (this.minimatch.match(itemPath)) {
      return this.trailingSeparator ? MatchKind.Directory : MatchKind.All;
    }
    return MatchKind.None;
  }
  /**
   * Indicates whether the pattern may match descendants of the specified path
   */
  partialMatch(itemPath) {
    itemPath = safeTrimTrailingSeparator(itemPath);
    if (dirname15(itemPath) === itemPath) {
      return this.rootRegExp.test(itemPath);
    }
    return this.minimatch.matchOne(itemPath.split(IS_WINDOWS6 ? /\\+/ : /\/+/), this.minimatch.set[0], true);
  }
  /**
   * Escapes glob patterns within a path
   */
  static globEscape(s) {
    return (IS_WINDOWS6 ? s : s.replace(/\\/g, "\\\\")).replace(/(\[)(?=[^/]+\])/g, "[[]").replace(/\?/g, "[?]").replace(/\*/g, "[*]");
  }
  /**
   * Normalizes slashes and ensures absolute root
   */
  static fixupPattern(pattern, homedir3) {
    assert3(pattern, "pattern cannot be empty");
    const literalSegments = new Path(pattern).segments.map((x) => _Pattern.getLiteral(x));
    assert3(literalSegments.every((x, i) => (x !== "." || i === 0) && x !== ".."), `Invalid pattern '${pattern}'. Relative pathing '.' and '..' is not allowed.`);
    assert3(!hasRoot(pattern) || literalSegments[0], `Invalid pattern '${pattern}'. Root segment must not contain globs.`);
    pattern = normalizeSeparators2(pattern);
    if (pattern === "." || pattern.startsWith(`.${path43.sep}`)) {
      pattern = _Pattern.globEscape(process.cwd()) + pattern.substr(1);
    } else if (pattern === "~" || pattern.startsWith(`~${path43.sep}`)) {
      homedir3 = homedir3 || os9.homedir();
      assert3(homedir3, "Unable to determine HOME directory");
      assert3(hasAbsoluteRoot(homedir3), `Expected HOME directory to be a rooted path. Actual '${homedir3}'`);
      pattern = _Pattern.globEscape(homedir3) + pattern.substr(1);
    } else if (IS_WINDOWS6 && (pattern.match(/^[A-Z]:$/i) || pattern.match(/^[A-Z]:[^\\]/i))) {
      let root = ensureAbsoluteRoot("C:\\dummy-root", pattern.substr(0, 2));
      if (pattern.length > 2 && !root.endsWith("\\")) {
        root += "\\";
      }
      pattern = _Pattern.globEscape(root) + pattern.substr(2);
    } else if (IS_WINDOWS6 && (pattern === "\\" || pattern.match(/^\\[^\\]/))) {
      let root = ensureAbsoluteRoot("C:\\dummy-root", "\\");
      if (!root.endsWith("\\")) {
        root += "\\";
      }
      pattern = _Pattern.globEscape(root) + pattern.substr(1);
    } else {
      pattern = ensureAbsoluteRoot(_Pattern.globEscape(process.cwd()), pattern);
    }
    return normalizeSeparators2(pattern);
  }
  /**
   * Attempts to unescape a pattern segment to create a literal path segment.
   * Otherwise returns empty string.
   */
  static getLiteral(segment) {
    let literal2 = "";
    for (let i = 0; i < segment.length; i++) {
      const c = segment[i];
      if (c === "\\" && !IS_WINDOWS6 && i + 1 < segment.length) {
        literal2 += segment[++i];
        continue;
      } else if (c === "*" || c === "?") {
        return "";
      } else if (c === "[" && i + 1 < segment.length) {
        let set = "";
        let closed = -1;
        for (let i2 = i + 1; i2 < segment.length; i2++) {
          const c2 = segment[i2];
          if (c2 === "\\" && !IS_WINDOWS6 && i2 + 1 < segment.length) {
            set += segment[++i2];
            continue;
          } else if (c2 === "]") {
            closed = i2;
            break;
          } else {
            set += c2;
          }
        }
        if (closed >= 0) {
          if (set.length > 1) {
            return "";
          }
          if (set) {
            literal2 += set;
            i = closed;
            continue;
          }
        }
      }
      literal2 += c;
    }
    return literal2;
  }
  /**
   * Escapes regexp special characters
   * https://javascript.info/regexp-escaping
   */
  static regExpEscape(s) {
    return s.replace(/[[\\^$.|?*+()]/g, "\\$&");
  }
};

// node_modules/@actions/glob/lib/internal-search-state.js
var SearchState = class {
  constructor(path82, level) {
    this.path = path82;
    this.level = level;
  }
};

// node_modules/@actions/glob/lib/internal-globber.js
var __awaiter6 = function(thisArg, _arguments, P, generator) {
  function adopt(value) {
    return value instanceof P ? value : new P(function(resolve19) {
      resolve19(value);
    });
  }
  return new (P || (P = Promise))(function(resolve19, reject) {
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
      result.done ? resolve19(result.value) : adopt(result.value).then(fulfilled, rejected);
    }
    step((generator = generator.apply(thisArg, _arguments || [])).next());
  });
};
var __asyncValues = function(o) {
  if (!Symbol.asyncIterator) throw new TypeError("Symbol.asyncIterator is not defined.");
  var m = o[Symbol.asyncIterator], i;
  return m ? m.call(o) : (o = typeof __values === "function" ? __values(o) : o[Symbol.iterator](), i = {}, verb("next"), verb("throw"), verb("return"), i[Symbol.asyncIterator] = function() {
    return this;
  }, i);
  function verb(n) {
    i[n] = o[n] && function(v) {
      return new Promise(function(resolve19, reject) {
        v = o[n](v), settle(resolve19, reject, v.done, v.value);
      });
    };
  }
  function settle(resolve19, reject, d, v) {
    Promise.resolve(v).then(function(v2) {
      resolve19({ value: v2, done: d });
    }, reject);
  }
};
var __await = function(v) {
  return this instanceof __await ? (this.v = v, this) : new __await(v);
};
var __asyncGenerator = function(thisArg, _arguments, generator) {
  if (!Symbol.asyncIterator) throw new TypeError("Symbol.asyncIterator is not defined.");
  var g = generator.apply(thisArg, _arguments || []), i, q = [];
  return i = Object.create((typeof AsyncIterator === "function" ? AsyncIterator : Object).prototype), verb("next"), verb("throw"), verb("return", awaitReturn), i[Symbol.asyncIterator] = function() {
    return this;
  }, i;
  function awaitReturn(f) {
    return function(v) {
      return Promise.resolve(v).then(f, reject);
    };
  }
  function verb(n, f) {
    if (g[n]) {
      i[n] = function(v) {
        return new Promise(function(a, b) {
          q.push([n, v, a, b]) > 1 || resume(n, v);
        });
      };
      if (f) i[n] = f(i[n]);
    }
  }
  function resume(n, v) {
    try {
      step(g[n](v));
    } catch (e) {
      settle(q[0][3], e);
    }
  }
  function step(r) {
    r.value instanceof __await ? Promise.resolve(r.value.v).then(fulfill, reject) : settle(q[0][2], r);
  }
  function fulfill(value) {
    resume("next", value);
  }
  function reject(value) {
    resume("throw", value);
  }
  function settle(f, v) {
    if (f(v), q.shift(), q.length) resume(q[0][0], q[0][1]);
  }
};
var IS_WINDOWS7 = process.platform === "win32";
var DefaultGlobber = class _DefaultGlobber {
  constructor(options) {
    this.patterns = [];
    this.searchPaths = [];
    this.options = getOptions(options);
  }
  getSearchPaths() {
    return this.searchPaths.slice();
  }
  glob() {
    return __awaiter6(this, void 0, void 0, function* () {
      var _a2, e_1, _b, _c;
      const result = [];
      try {
        for (var _d = true, _e = __asyncValues(this.globGenerator()), _f; _f = yield _e.next(), _a2 = _f.done, !_a2; _d = true) {
          _c = _f.value;
          _d = false;
          const itemPath = _c;
          result.push(itemPath);
        }
      } catch (e_1_1) {
        e_1 = { error: e_1_1 };
      } finally {
        try {
          if (!_d && !_a2 && (_b = _e.return)) yield _b.call(_e);
        } finally {
          if (e_1) throw e_1.error;
        }
      }
      return result;
    });
  }
  globGenerator() {
    return __asyncGenerator(this, arguments, function* globGenerator_1() {
      const options = getOptions(this.options);
      const patterns2 = [];
      for (const pattern of this.patterns) {
        patterns2.push(pattern);
        if (options.implicitDescendants && (pattern.trailingSeparator || pattern.segments[pattern.segments.length - 1] !== "**")) {
          patterns2.push(new Pattern(pattern.negate, true, pattern.segments.concat("**")));
        }
      }
      const stack = [];
      for (const searchPath of getSearchPaths(patterns2)) {
        debug(`Search path '${searchPath}'`);
        try {
          yield __await(fs11.promises.lstat(searchPath));
        } catch (err) {
          if (err.code === "ENOENT") {
            continue;
          }
          throw err;
        }
        stack.unshift(new SearchState(searchPath, 1));
      }
      const traversalChain = [];
      while (stack.length) {
        const item = stack.pop();
        const match3 = match(patterns2, item.path);
        const partialMatch2 = !!match3 || partialMatch(patterns2, item.path);
        if (!match3 && !partialMatch2) {
          continue;
        }
        const stats = yield __await(
          _DefaultGlobber.stat(item, options, traversalChain)
          // Broken symlink, or symlink cycle detected, or no longer exists
        );
        if (!stats) {
          continue;
        }
        if (options.excludeHiddenFiles && path44.basename(item.path).match(/^\./)) {
          continue;
        }
        if (stats.isDirectory()) {
          if (match3 & MatchKind.Directory && options.matchDirectories) {
            yield yield __await(item.path);
          } else if (!partialMatch2) {
            continue;
          }
          const childLevel = item.level + 1;
          const childItems = (yield __await(fs11.promises.readdir(item.path))).map((x) => new SearchState(path44.join(item.path, x), childLevel));
          stack.push(...childItems.reverse());
        } else if (match3 & MatchKind.File) {
          yield yield __await(item.path);
        }
      }
    });
  }
  /**
   * Constructs a DefaultGlobber
   */
  static create(patterns2, options) {
    return __awaiter6(this, void 0, void 0, function* () {
      const result = new _DefaultGlobber(options);
      if (IS_WINDOWS7) {
        patterns2 = patterns2.replace(/\r\n/g, "\n");
        patterns2 = patterns2.replace(/\r/g, "\n");
      }
      const lines2 = patterns2.split("\n").map((x) => x.trim());
      for (const line of lines2) {
        if (!line || line.startsWith("#")) {
          continue;
        } else {
          result.patterns.push(new Pattern(line));
        }
      }
      result.searchPaths.push(...getSearchPaths(result.patterns));
      return result;
    });
  }
  static stat(item, options, traversalChain) {
    return __awaiter6(this, void 0, void 0, function* () {
      let stats;
      if (options.followSymbolicLinks) {
        try {
          stats = yield fs11.promises.stat(item.path);
        } catch (err) {
          if (err.code === "ENOENT") {
            if (options.omitBrokenSymbolicLinks) {
              debug(`Broken symlink '${item.path}'`);
              return void 0;
            }
            throw new Error(`No information found for the path '${item.path}'. This may indicate a broken symbolic link.`);
          }
          throw err;
        }
      } else {
        stats = yield fs11.promises.lstat(item.path);
      }
      if (stats.isDirectory() && options.followSymbolicLinks) {
        const realPath2 = yield fs11.promises.realpath(item.path);
        while (traversalChain.length >= item.level) {
          traversalChain.pop();
        }
        if (traversalChain.some((x) => x === realPath2)) {
          debug(`Symlink cycle detected for path '${item.path}' and realpath '${realPath2}'`);
          return void 0;
        }
        traversalChain.push(realPath2);
      }
      return stats;
    });
  }
};

// node_modules/@actions/glob/lib/glob.js
var __awaiter7 = function(thisArg, _arguments, P, generator) {
  function adopt(value) {
    return value instanceof P ? value : new P(function(resolve19) {
      resolve19(value);
    });
  }
  return new (P || (P = Promise))(function(resolve19, reject) {
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
      result.done ? resolve19(result.value) : adopt(result.value).then(fulfilled, rejected);
    }
    step((generator = generator.apply(thisArg, _arguments || [])).next());
  });
};
function create(patterns2, options) {
  return __awaiter7(this, void 0, void 0, function* () {
    return yield DefaultGlobber.create(patterns2, options);
  });
}

// src/platform/find-files.ts
var maxDepth = 6;
var skipped = /^(?:[._].*|vendor|testdata|node_modules)$/;
function findGoMods(start, isOutsideProject = () => false) {
  return findFilesNamed("go.mod", start, isOutsideProject);
}
function findFilesNamed(name, start, isOutsideProject = () => false) {
  const walk = (relative12, depth) => {
    const entries2 = readableEntries(path45.join(start, relative12));
    const isHere = entries2.some((entry) => !entry.isDirectory() && entry.name === name);
    const here = isHere ? [`${relative12}${name}`] : [];
    if (depth === maxDepth) return here;
    const below = entries2.filter((entry) => entry.isDirectory() && !skipped.test(entry.name)).filter((entry) => !isOutsideProject(path45.join(start, relative12, entry.name))).flatMap((entry) => walk(`${relative12}${entry.name}/`, depth + 1));
    return [...here, ...below];
  };
  return walk("", 0);
}
function readableEntries(directory2) {
  try {
    return entriesOf(directory2);
  } catch {
    return [];
  }
}
async function directoriesMatching(pattern, start) {
  const globber = await create(path45.join(globLiteral(start), pattern), {
    matchDirectories: true,
    implicitDescendants: false,
    followSymbolicLinks: false
  });
  return globber.glob();
}
function globLiteral(directory2) {
  return directory2.replaceAll(/[[?*]/g, "[$&]");
}

// src/checkout/module-files.ts
import * as path46 from "node:path";

// src/gofiles/directives.ts
function singleValue(directive, file, previous, form, example2) {
  const { verb, args, line, inBlock } = directive;
  refuseRepeated(directive, file, previous);
  if (inBlock) throw new GoFileError(file, line, `unknown block type: ${verb}`);
  const [value] = args;
  if (args.length !== 1 || value === void 0) {
    throw new GoFileError(file, line, `${verb} expects exactly one argument, such as ${example2}`);
  }
  if (!form.test(value))
    throw new GoFileError(file, line, `invalid ${verb} version ${value}: expected ${example2}`);
  return value;
}
var GO_LINE = /^[1-9][0-9]*\.(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?(?:[a-z]+[0-9]+)?$/;
var TOOLCHAIN_LINE = /^default$|^go1(?:$|\.)/;
function refuseRepeated(directive, file, previous) {
  if (previous !== void 0)
    throw new GoFileError(file, directive.line, `repeated ${directive.verb} directive`);
}
function stringArgument(directive, file) {
  const { verb, args, line } = directive;
  const [token] = args;
  if (args.length !== 1 || token === void 0) throw new GoFileError(file, line, `usage: ${verb} path`);
  return stringValue(token, directive, file);
}
function moduleVersionArguments(directive, file) {
  const { verb, args, line } = directive;
  const [path82, version3] = args;
  if (args.length !== 2 || path82 === void 0 || version3 === void 0) {
    throw new GoFileError(file, line, `usage: ${verb} module/path v1.2.3`);
  }
  return { path: stringValue(path82, directive, file), version: versionValue(version3, directive, file) };
}
function replaceArguments(directive, file) {
  const { args, line } = directive;
  const arrow = args[1] === "=>" ? 1 : 2;
  const [oldPath, oldVersion] = args.slice(0, arrow);
  const [newPath, newVersion, ...surplus] = args.slice(arrow + 1);
  if (oldPath === void 0 || args[arrow] !== "=>" || newPath === void 0 || surplus.length > 0) {
    throw new GoFileError(
      file,
      line,
      "usage: replace module/path [v1.2.3] => other/module v1.4.0 or ../directory"
    );
  }
  const replacement = {
    path: stringValue(oldPath, directive, file),
    ...oldVersion === void 0 ? {} : { version: versionValue(oldVersion, directive, file) },
    newPath: stringValue(newPath, directive, file),
    ...newVersion === void 0 ? {} : { newVersion: versionValue(newVersion, directive, file) }
  };
  const local = isLocalReplacement(replacement.newPath);
  if (local && newVersion !== void 0) {
    throw new GoFileError(file, line, `replacement directory ${replacement.newPath} cannot have a version`);
  }
  if (!local && newVersion === void 0) {
    if (newPath.includes(":")) {
      const address2 = `replacement ${newPath.replace(/^([a-z+]+:)$/i, "$1//…")} is an address: write a module path with a version, such as github.com/org/name v1.4.0`;
      throw new GoFileError(file, line, address2);
    }
    const problem5 = `replacement ${replacement.newPath} has no version: add one, or write a directory starting with ./ or ../`;
    throw new GoFileError(file, line, problem5);
  }
  return replacement;
}
function lastReplacements(replacements) {
  const effective = /* @__PURE__ */ new Map();
  for (const replacement of replacements) {
    const key = JSON.stringify([replacement.path, replacement.version]);
    effective.delete(key);
    effective.set(key, replacement);
  }
  return [...effective.values()];
}
function stringValue(token, directive, file) {
  const value = unquote(token);
  if (value === void 0) throw new GoFileError(file, directive.line, `invalid quoted string: ${token}`);
  return value;
}
function versionValue(token, directive, file) {
  const version3 = stringValue(token, directive, file);
  if (version3 === "") throw new GoFileError(file, directive.line, "the version is empty");
  return canonicalVersion(version3) ?? version3;
}

// src/gofiles/go-mod.ts
function parseGoMod(text4, file) {
  let module;
  let go2;
  let toolchain;
  const require2 = [];
  const replace2 = [];
  const exclude = [];
  const tool = [];
  for (const directive of parseDirectives(text4, file)) {
    switch (directive.verb) {
      case "module":
        refuseRepeated(directive, file, module);
        module = stringArgument(directive, file);
        break;
      case "go":
        go2 = singleValue(directive, file, go2, GO_LINE, "1.23.0");
        break;
      case "toolchain":
        toolchain = singleValue(directive, file, toolchain, TOOLCHAIN_LINE, "go1.23.0 or default");
        break;
      case "require":
        require2.push({
          ...moduleVersionArguments(directive, file),
          indirect: isIndirect(directive.comment)
        });
        break;
      case "exclude":
        exclude.push(moduleVersionArguments(directive, file));
        break;
      case "replace":
        replace2.push(replaceArguments(directive, file));
        break;
      case "tool":
        tool.push(stringArgument(directive, file));
    }
  }
  if (module === void 0) throw new GoFileError(file, 1, "no module line: run go mod edit -module=path");
  return {
    module,
    ...go2 === void 0 ? {} : { go: go2 },
    ...toolchain === void 0 ? {} : { toolchain },
    require: require2,
    replace: lastReplacements(replace2),
    exclude,
    tool
  };
}
function isIndirect(comment) {
  const [first, ...more] = splitFields(comment);
  return more.length === 0 ? first === "indirect" : first === "indirect;";
}

// src/gofiles/modules-txt.ts
function parseVendorModules(text4, file) {
  const lines2 = text4.split("\n");
  const drafts = /* @__PURE__ */ new Map();
  let current;
  for (const [index, content] of lines2.entries()) {
    refuseConflictMarker(content, file, index + 1);
    if (content.startsWith("# ")) {
      const fields = splitFields(content);
      if (fields.length >= 3) current = openModule(drafts, fields);
    } else if (current !== void 0) {
      if (content.startsWith("## ")) annotate(current, content);
      else {
        const [packagePath, ...more] = splitFields(content);
        if (packagePath !== void 0 && more.length === 0 && isImportPath(packagePath)) {
          current.packages.push(packagePath);
        }
      }
    }
  }
  return { workspace: annotations(lines2[0] ?? "").includes("workspace"), modules: [...drafts.values()] };
}
function openModule(drafts, [, path82 = "", ...rest]) {
  const version3 = rest[0] !== void 0 && isSemanticVersion(rest[0]) ? rest[0] : void 0;
  if (version3 === void 0 && rest[0] !== "=>") return void 0;
  const key = `${path82} ${version3 ?? ""}`;
  const draft = drafts.get(key) ?? { path: path82, ...version3 && { version: version3 }, explicit: false, packages: [] };
  drafts.set(key, draft);
  const [arrow, newPath, newVersion, ...surplus] = version3 === void 0 ? rest : rest.slice(1);
  if (arrow === "=>" && newPath !== void 0 && surplus.length === 0) {
    if (newVersion === void 0) draft.replacement = { path: newPath };
    else if (isSemanticVersion(newVersion)) draft.replacement = { path: newPath, version: newVersion };
  }
  return draft;
}
function annotate(draft, content) {
  for (const annotation2 of annotations(content)) {
    if (annotation2 === "explicit") draft.explicit = true;
    if (annotation2.startsWith("go ")) draft.goVersion = annotation2.slice("go ".length);
  }
}
function annotations(content) {
  return content.startsWith("## ") ? content.slice(3).split(";").map((entry) => entry.trim()) : [];
}
function isSemanticVersion(text4) {
  return canonicalVersion(text4) !== void 0;
}

// src/checkout/module-files.ts
function vendorDecides(place2) {
  const explicit = goFlagValue(place2.goflags, "mod") ?? "";
  if (explicit !== "") return explicit === "vendor";
  if (place2.goLine === void 0 || compareGoVersions(place2.goLine, "1.14") < 0) return false;
  return parseVendorModules(place2.modulesTxt, place2.file).workspace === place2.isWorkspace;
}
var emptyGoSum = { trees: [], goMods: [], isMissing: true };
function readModule(directory2, goflags) {
  const modfile = modfileOf(goflags);
  const goModFile = modfile === void 0 ? path46.join(directory2, "go.mod") : path46.resolve(directory2, modfile);
  const goSumFile = goModFile.replace(/\.mod$/, ".sum");
  const text4 = readModuleFile(goModFile) ?? "";
  const goMod = parseGoMod(text4, goModFile);
  const lineOf3 = (name) => parseDirectives(text4, goModFile).find(({ verb }) => verb === name)?.line;
  if (!isImportPath(goMod.module)) {
    const problem5 = `malformed module path ${JSON.stringify(goMod.module)}`;
    throw new GoFileError(goModFile, lineOf3("module") ?? 1, problem5);
  }
  return {
    directory: directory2,
    goModFile,
    goSumFile,
    goMod,
    goLine: lineOf3("go"),
    goSum: readSums(goSumFile)
  };
}
function readSums(file) {
  const text4 = readModuleFile(file);
  return text4 === void 0 ? emptyGoSum : parseGoSum(text4, file);
}
function isVendored(directory2, goLine, isWorkspace2, goflags) {
  const file = path46.join(directory2, "vendor", "modules.txt");
  const modulesTxt = readModuleFile(file);
  return modulesTxt !== void 0 && vendorDecides({ goLine, isWorkspace: isWorkspace2, modulesTxt, file, goflags });
}
function workspacePath(workspace, target) {
  return path46.relative(workspace, target).replaceAll(path46.sep, "/");
}
function collectProblem(problems, workspace, read2) {
  try {
    return read2();
  } catch (error3) {
    if (error3 instanceof GoFileError)
      problems.push(goFileProblem(error3, workspacePath(workspace, error3.file)));
    else if (error3 instanceof UnreadableFile)
      problems.push(unreadable3(error3, workspacePath(workspace, error3.file)));
    else throw error3;
    return void 0;
  }
}
var UnreadableFile = class extends ActionError {
  file;
  constructor(file, cause) {
    super("unreadable-file", cause.message.split(",")[0] ?? "");
    this.file = file;
  }
};
function readModuleFile(file) {
  try {
    return readText(file);
  } catch (error3) {
    throw error3 instanceof Error ? new UnreadableFile(file, error3) : error3;
  }
}
function unreadable3({ message }, file) {
  return {
    what: `${file} cannot be read (${message})`,
    allowed: "",
    fix: `Give the user that runs the job read access, for example with \`chmod a+r ${file}\`.`,
    file
  };
}
function goFileProblem({ line, message }, file) {
  return {
    what: `${file}:${line}: ${message}`,
    allowed: "",
    fix: "Fix the line, or restore the file from git.",
    file,
    line
  };
}

// src/checkout/own-modules.ts
import * as path47 from "node:path";
async function findProjectModules(start, { isOutsideProject, variables }) {
  const files = await trackedFiles(start, "go.mod", variables) ?? findGoMods(start, isOutsideProject);
  const found = files.filter(isProjectModule).map((file) => path47.dirname(path47.join(start, file))).filter((directory2) => hasFile(directory2, "go.mod") && !isOutsideProject(directory2));
  const markers = found.filter(isEmptyGoMod);
  return {
    directories: shallowestFirst(found.filter((one) => !markers.includes(one))),
    markers: shallowestFirst(markers)
  };
}
function isProjectModule(file) {
  return file.split("/").slice(0, -1).every((name) => !["vendor", "testdata", "node_modules"].includes(name) && !/^[._]/.test(name));
}
function isEmptyGoMod(directory2) {
  const file = path47.join(directory2, "go.mod");
  try {
    const text4 = readText(file);
    return text4 !== void 0 && parseDirectives(text4, file).length === 0;
  } catch (error3) {
    if (error3 instanceof GoFileError || error3 instanceof Error && "syscall" in error3) return false;
    throw error3;
  }
}
function hasFile(directory2, name) {
  return isFile(path47.join(directory2, name));
}
function shallowestFirst(directories) {
  const depth = (directory2) => directory2.split(path47.sep).length;
  return [...new Set(directories)].sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
}
function hasModule({ goWorkIsOff }, directory2) {
  return hasFile(directory2, "go.mod") || !goWorkIsOff && hasFile(directory2, "go.work");
}
function hasUsableModule(search, directory2) {
  return hasModule(search, directory2) && (!isEmptyGoMod(directory2) || !search.goWorkIsOff && hasFile(directory2, "go.work"));
}
function enclosingModule(search, directory2) {
  for (let above = path47.dirname(directory2); isWithin(search.workspace, above); above = path47.dirname(above)) {
    if (hasModule(search, above)) return hasUsableModule(search, above) ? above : void 0;
    if (path47.dirname(above) === above) return void 0;
  }
  return void 0;
}
function moduleFileIn(search, directory2) {
  const name = !search.goWorkIsOff && hasFile(directory2, "go.work") ? "go.work" : "go.mod";
  return workspacePath(search.workspace, path47.join(directory2, name));
}
function matchesDirectory({ start }, pattern, directory2) {
  const relative12 = path47.relative(start, directory2).replaceAll(path47.sep, "/") || ".";
  const isWindows = platform() === "win32";
  return coversDirectory(pattern, relative12, { ignoreCase: isWindows, backslashes: isWindows });
}
function nonProjectFolders(workspace, { setting: setting2, variables }) {
  const home = homeFolder(variables);
  const gopaths = setting2("GOPATH") || (home === "" ? "" : path47.join(home, "go"));
  const folders = [
    ...["GOMODCACHE", "GOCACHE", "GOROOT"].map(setting2),
    ...gopaths.split(path47.delimiter).flatMap((gopath) => packagesIn(gopath, workspace)),
    ...["RUNNER_TEMP", "RUNNER_TOOL_CACHE", "AGENT_TOOLSDIRECTORY"].map((name) => variables[name] ?? "")
  ];
  return [...new Set(folders.filter((folder) => path47.isAbsolute(folder)))];
}
function packagesIn(gopath, workspace) {
  if (!path47.isAbsolute(gopath)) return [];
  const [packages, modules] = [path47.join(gopath, "pkg"), path47.join(gopath, "pkg", "mod")];
  return realPath(gopath) === realPath(workspace) ? [modules] : [packages, modules];
}
function nonProjectBelow(start, folders) {
  const realStart = realPath(start);
  const below = new Set(
    folders.map(realPath).filter((folder) => folder !== realStart && isWithin(realStart, folder)).map((folder) => path47.relative(realStart, folder))
  );
  return (folder) => {
    const names = path47.relative(start, folder).split(path47.sep);
    return names.some((name, index) => {
      const parent = path47.join(...names.slice(0, index + 1));
      return /@v\d/.test(name) || below.has(parent) || name !== "" && name !== ".." && isGoRoot(path47.join(start, parent));
    });
  };
}
function isGoRoot(folder) {
  return isFile(path47.join(folder, "VERSION")) && isFile(path47.join(folder, "src", "runtime", "runtime.go"));
}

// src/checkout/chosen-modules.ts
var maxDirectories = 5;
async function suggestDirectory(given, start, defaultFix2, search) {
  const slash = slashed(given);
  const parent = path48.posix.dirname(slash);
  if (["go.mod", "go.work"].includes(path48.posix.basename(slash)))
    return `Name the directory: \`${parent.replace(/^\.\//, "")}\`.`;
  if (slash.includes("...")) return "Write `**` for all directories below: `...` is for packages.";
  const modules = await findProjectModules(start, search);
  const directories = modules.directories.map((one) => slashed(path48.relative(start, one)) || ".");
  const written = slash.replace(/^(?:\.\/)+|\/+$/g, "");
  const suggestion = (
    // Users may write the module path, with which imports begin, instead of the directory.
    directories.find((one) => modulePathIn(path48.join(start, one)) === written) ?? directories.find((one) => path48.posix.basename(one) === written) ?? closestWord(written, directories)
  );
  if (suggestion !== void 0)
    return `Did you mean \`${suggestion}\`? Name the directory that holds the go.mod.`;
  if (directories.length === 0) return defaultFix2;
  const listed3 = listSome(
    directories.map((one) => `\`${one}\``),
    maxDirectories
  );
  return `${defaultFix2} There is a go.mod in ${listed3}.`;
}
function modulePathIn(directory2) {
  return /^module[ \t]+"?([^\s"]+)/m.exec(readText(path48.join(directory2, "go.mod")) ?? "")?.[1];
}
function slashed(file) {
  return file.replaceAll(path48.sep, "/");
}
var allowed = "directories or globs below `working-directory` that hold a go.mod or go.work, with `!` in front to exclude";
async function selectedModules(patterns2, search) {
  const selected = /* @__PURE__ */ new Map();
  const excluded = /* @__PURE__ */ new Set();
  const notes = [];
  const problems = [];
  for (const one of patterns2) {
    if (one.excludes) {
      const removed = [...selected.keys()].filter(
        (directory2) => matchesDirectory(search, one.pattern, directory2)
      );
      for (const directory2 of removed) {
        selected.delete(directory2);
        excluded.add(directory2);
      }
      if (removed.length === 0) notes.push(unusedExclusion(one.text, "selected before it"));
      continue;
    }
    const { directories: directories2, note, problem: problem5 } = await matchPattern(one, search);
    if (problem5 !== void 0) problems.push(problem5);
    if (note !== void 0) notes.push(note);
    for (const directory2 of directories2) {
      selected.set(directory2, { isNamed: !one.isGlob || selected.get(directory2)?.isNamed === true });
      excluded.delete(directory2);
    }
  }
  if (selected.size === 0 && problems.length === 0) problems.push(noModuleSelected(patterns2));
  const directories = shallowestFirst([...selected.keys()]);
  return {
    directories,
    named: directories.filter((one) => selected.get(one)?.isNamed === true),
    excluded: shallowestFirst([...excluded]),
    notes,
    problems
  };
}
function unusedExclusion(text4, among) {
  return `\`modules\` has \`${text4}\`, which excludes no module ${among}.`;
}
async function matchPattern({ pattern, isGlob }, search) {
  const { start, workspace, isOutsideProject } = search;
  const matched = await directoriesMatching(pattern, start);
  const directories = matched.filter((directory2) => hasModule(search, directory2)).filter((directory2) => !isGlob || isProjectDirectory(start, directory2, isOutsideProject));
  const outside2 = directories.some((directory2) => !isWithin(realPath(workspace), realPath(directory2)));
  if (outside2) {
    return { directories, problem: problem(pattern, `which is outside of the checkout in ${workspace}`) };
  }
  if (directories.length > 0) return { directories };
  const [only] = isGlob ? [] : matched.filter(isDirectory2);
  const noMatch = async () => ({ directories, problem: await noModuleAt(pattern, search) });
  if (only === void 0) return noMatch();
  const below = await findProjectModules(only, search);
  if (below.directories.length > 0) {
    const glob = `${pattern.replace(/[/\\]+$/, "")}/**`;
    return { directories, problem: problem(pattern, noModule, `Write \`${glob}\` for the modules below it.`) };
  }
  const above = enclosingModule(search, only);
  if (above === void 0) return noMatch();
  return {
    directories: [above],
    note: enclosingModuleRemark(`\`modules\` names "${pattern}"`, above, search)
  };
}
function enclosingModuleRemark(what, above, search) {
  return `${what}, which is inside the module or workspace of ${moduleFileIn(search, above)}: the action uses that one, as Go does.`;
}
async function noModuleAt(pattern, search) {
  const { start } = search;
  const what = isFile(path48.resolve(start, pattern)) ? "which is a file, not a directory" : noModule;
  return problem(pattern, what, await suggestDirectory(pattern, start, defaultFix, search));
}
var defaultFix = "Correct the name, or remove the line.";
var noModule = "where no go.mod or go.work exists";
function isProjectDirectory(start, directory2, isOutsideProject) {
  return !isOutsideProject(directory2) && isProjectModule(workspacePath(start, path48.join(directory2, "go.mod")));
}
function problem(pattern, what, fix2 = defaultFix) {
  return { what: `Input \`modules\` names "${pattern}", ${what}`, allowed, fix: fix2 };
}
function noModuleSelected(patterns2) {
  return {
    what: `Input \`modules\` is ${JSON.stringify(patterns2.map(({ text: text4 }) => text4).join("\n"))}, which selects no module`,
    allowed,
    fix: "Lines apply in order: remove the last `!` line, or add a module below it."
  };
}

// src/checkout/find-modules.ts
async function findModules(inputs, workspace, goWorkIsOff, variables, otherFolders = []) {
  const named = inputs["working-directory"];
  const start = path49.resolve(workspace, named);
  const none = noModules(start);
  if (!isDirectory2(start)) {
    return problem2(none, {
      what: `Input \`working-directory\` is "${named}", but that directory does not exist in ${workspace}`,
      allowed: "a directory of the checkout",
      fix: await suggestDirectory(
        named,
        workspace,
        "Correct the path, or run actions/checkout before this action.",
        { isOutsideProject: () => false, variables }
      )
    });
  }
  if (!isWithin(realPath(workspace), realPath(start))) {
    return problem2(none, {
      what: `Input \`working-directory\` is "${named}", which is outside of the checkout in ${workspace}`,
      allowed: "a directory of the checkout",
      fix: "Check out the repository below GITHUB_WORKSPACE, and set the input to that directory."
    });
  }
  const search = {
    ...{ start, workspace: path49.resolve(workspace), goWorkIsOff, variables },
    isOutsideProject: nonProjectBelow(start, otherFolders)
  };
  const patterns2 = inputs.modules.map(readDirectoryPattern);
  if (patterns2.some(({ excludes }) => !excludes))
    return { ...none, ...await selectedModules(patterns2, search) };
  return excludeMatching(patterns2, await discoverModules(named, search), search);
}
async function discoverModules(named, search) {
  const { start, workspace } = search;
  const none = noModules(start);
  const own2 = await findProjectModules(start, search);
  if (hasUsableModule(search, start)) {
    const nested = own2.directories.filter((directory2) => directory2 !== start);
    return { ...none, directories: [start], named: [start], nested };
  }
  const markers = [.../* @__PURE__ */ new Set([...isEmptyGoMod(start) ? [start] : [], ...own2.markers])];
  if (own2.directories.length > 0) return { ...none, directories: own2.directories, markers };
  if (start === workspace) return { ...none, markers };
  if (hasModule(search, start)) return { ...none, directories: [start], named: [start] };
  const above = enclosingModule(search, start);
  if (above !== void 0) {
    const note = enclosingModuleRemark(`\`working-directory\` is "${named}"`, above, search);
    return { ...none, directories: [above], named: [above], markers, notes: [note] };
  }
  return problem2(none, {
    what: `Input \`working-directory\` is "${named}", but no go.mod exists in it or below it`,
    allowed: "a directory of the checkout with a go.work or go.mod in it, below or above",
    fix: "Set it to the directory of your module, or remove the input."
  });
}
function excludeMatching(patterns2, found, search) {
  const excluded = ({ pattern }) => (directory2) => matchesDirectory(search, pattern, directory2);
  const isExcluded = (directory2) => patterns2.some((pattern) => excluded(pattern)(directory2));
  const all = [...found.directories, ...found.nested, ...found.markers];
  const unused = patterns2.filter((pattern) => !all.some(excluded(pattern)));
  return {
    ...found,
    directories: found.directories.filter((one) => !isExcluded(one)),
    named: found.named.filter((one) => !isExcluded(one)),
    nested: found.nested.filter((one) => !isExcluded(one)),
    markers: found.markers.filter((one) => !isExcluded(one)),
    excluded: [...found.directories, ...found.nested].filter(isExcluded),
    notes: [...found.notes, ...unused.map(({ text: text4 }) => unusedExclusion(text4, "in this checkout"))]
  };
}
function noModules(start) {
  return {
    start,
    ...{ directories: [], named: [], nested: [], markers: [], excluded: [], notes: [], problems: [] }
  };
}
function problem2(none, one) {
  return { ...none, problems: [one] };
}

// src/checkout/read-roots.ts
import * as path50 from "node:path";

// src/gofiles/go-work.ts
function parseGoWork(text4, file) {
  let go2;
  let toolchain;
  const use = [];
  const replace2 = [];
  for (const directive of parseDirectives(text4, file)) {
    switch (directive.verb) {
      case "go":
        go2 = singleValue(directive, file, go2, GO_LINE, "1.23.0");
        break;
      case "toolchain":
        toolchain = singleValue(directive, file, toolchain, TOOLCHAIN_LINE, "go1.23.0 or default");
        break;
      case "use":
        use.push(stringArgument(directive, file));
        break;
      case "replace":
        replace2.push(replaceArguments(directive, file));
    }
  }
  return {
    ...go2 === void 0 ? {} : { go: go2 },
    ...toolchain === void 0 ? {} : { toolchain },
    use,
    replace: lastReplacements(replace2)
  };
}

// src/checkout/read-roots.ts
function settingSource(given, label) {
  return path50.isAbsolute(given) ? "" : ` in ${label === "." ? "the directory of the module" : label}`;
}
function goflagsProblem(what, fix2) {
  return { what, allowed: "", fix: fix2 };
}
function modfileProblems(directory2, label, goflags) {
  const given = modfileOf(goflags);
  if (given === void 0) return [];
  const file = path50.resolve(directory2, given);
  if (!file.endsWith(".mod")) {
    return [
      goflagsProblem(
        `GOFLAGS holds -modfile=${given}, and the go command refuses a name that does not end in .mod`,
        "Rename the file, for example to `tools.mod`, and use that name in -modfile."
      )
    ];
  }
  if (isFile(file)) return [];
  return [
    goflagsProblem(
      `GOFLAGS holds -modfile=${given}, but that file does not exist${settingSource(given, label)}`,
      "Correct the name in GOFLAGS, or remove -modfile."
    )
  ];
}
function readRoots(places, workspace, goflags) {
  const context = { workspace, goflags, skipped: [], problems: [] };
  const byRoot = /* @__PURE__ */ new Map();
  for (const place2 of places) {
    const key = place2.goWork ?? place2.directory;
    byRoot.set(key, [...byRoot.get(key) ?? [], place2]);
  }
  const roots = [...byRoot.values()].flatMap((locations) => readRoot(locations, context) ?? []);
  return { roots, skipped: context.skipped, problems: context.problems };
}
function readRoot(places, context) {
  const [first] = places;
  if (first === void 0) return void 0;
  const { goWork, directory: directory2 } = first;
  const { workspace } = context;
  const isNamed = places.some(({ named }) => named);
  const problems = isNamed ? context.problems : [];
  const rootContext = { ...context, problems };
  const root = collectProblem(
    problems,
    workspace,
    () => goWork === void 0 ? readSingle(directory2, rootContext) : readWorkspace(goWork, places, rootContext)
  );
  if (isNamed) return root;
  const patterns2 = patternsOf(places, goWork, workspace);
  if (problems.length === 0) return root && { ...root, found: patterns2 };
  const label = workspacePath(workspace, goWork === void 0 ? directory2 : path50.dirname(goWork)) || ".";
  context.skipped.push({ label, why: problems.map(({ what }) => what).join("; "), patterns: patterns2 });
  return void 0;
}
function patternsOf(places, goWork, workspace) {
  const names = places.map(({ directory: directory2, pattern }) => pattern ?? workspacePath(workspace, directory2));
  const [first] = places;
  if (first === void 0 || goWork === void 0 || places.length === 1) return names;
  const up = path50.relative(path50.dirname(goWork), first.directory).split(path50.sep).length;
  const above = (names[0] ?? "").split("/").slice(0, -up).join("/");
  return above === "" ? names : [above];
}
function readSingle(directory2, { workspace, goflags, problems }) {
  const label = workspacePath(workspace, directory2) || ".";
  const modfile = modfileProblems(directory2, label, goflags);
  problems.push(...modfile);
  if (modfile.length > 0) return void 0;
  const module = readModule(directory2, goflags);
  return {
    directory: directory2,
    label,
    modules: [module],
    goWorkSum: emptyGoSum,
    vendored: isVendored(directory2, module.goMod.go, false, goflags),
    files: [.../* @__PURE__ */ new Set([path50.join(directory2, "go.mod"), module.goModFile, module.goSumFile])]
  };
}
function readWorkspace(file, places, context) {
  const { workspace, goflags, problems } = context;
  const directory2 = path50.dirname(file);
  const sums = `${file}.sum`;
  const goWork = parseGoWork(readModuleFile(file) ?? "", file);
  const used = goWork.use.map((use) => path50.resolve(directory2, use));
  const unusedModules = places.filter(
    (place2) => isFile(path50.join(place2.directory, "go.mod")) && !used.includes(place2.directory)
  );
  problems.push(
    ...unusedModules.filter(({ named }) => named).map((place2) => notInWorkspace(place2.directory, file, workspace))
  );
  context.skipped.push(
    ...unusedModules.filter(({ named }) => !named).map((place2) => ({
      label: workspacePath(workspace, place2.directory),
      why: "the go.work above does not use it",
      patterns: patternsOf([place2], void 0, workspace),
      isIntended: true
    }))
  );
  if (unusedModules.length === places.length) return void 0;
  if (modfileOf(goflags) !== void 0) problems.push(noModfileInWorkspace(file, workspace));
  const modules = [];
  for (const [index, use] of goWork.use.entries()) {
    const place2 = used[index] ?? "";
    if (used.indexOf(place2) < index) {
      problems.push({
        what: `${workspacePath(workspace, file)} uses \`${use}\` twice, which the go command refuses`,
        allowed: "",
        fix: "Remove one of the two lines.",
        file: workspacePath(workspace, file)
      });
      continue;
    }
    if (!isFile(path50.join(place2, "go.mod"))) {
      problems.push({
        what: `${workspacePath(workspace, file)} uses \`${use}\`, which has no go.mod`,
        allowed: "",
        fix: "Remove the directory from go.work, or check it out.",
        file: workspacePath(workspace, file)
      });
      continue;
    }
    const module = collectProblem(problems, workspace, () => readModule(place2, ""));
    if (module !== void 0) modules.push(module);
  }
  return {
    directory: directory2,
    label: workspacePath(workspace, directory2) || ".",
    modules,
    goWork,
    goWorkSum: readSums(sums),
    vendored: isVendored(directory2, goWork.go, true, goflags),
    files: [file, sums, ...modules.flatMap((module) => [module.goModFile, module.goSumFile])]
  };
}
function notInWorkspace(directory2, goWork, workspace) {
  const name = workspacePath(workspace, directory2) || ".";
  return {
    what: `The module in \`${name}\` is not one of the main modules: ${workspacePath(workspace, goWork)} does not use it, so every go command there fails`,
    allowed: "",
    fix: `Run \`go work use ${name}\`, set GOWORK=off for this job, or exclude the module.`,
    file: workspacePath(workspace, goWork)
  };
}
function noModfileInWorkspace(goWork, workspace) {
  return {
    what: `GOFLAGS holds -modfile, and the go command refuses it in a workspace (${workspacePath(workspace, goWork)})`,
    allowed: "",
    fix: "Remove -modfile from GOFLAGS, or set GOWORK=off for this job.",
    file: workspacePath(workspace, goWork)
  };
}

// src/checkout/checkout.ts
function goWorkFor(directory2, gowork) {
  if (gowork === "off") return void 0;
  if (gowork !== "" && gowork !== "auto")
    return path51.isAbsolute(gowork) && isFile(gowork) ? gowork : void 0;
  for (let folder = directory2; ; folder = path51.dirname(folder)) {
    const file = path51.join(folder, "go.work");
    if (isFile(file)) return file;
    if (path51.dirname(folder) === folder) return void 0;
  }
}
async function readCheckout(inputs, workspace, env, goflags, otherFolders = []) {
  const gowork = env.setting("GOWORK");
  const found = await findModules(inputs, workspace, gowork === "off", env.variables, otherFolders);
  const patternOf = (directory2) => workspacePath(found.start, directory2) || ".";
  const places = found.directories.map((directory2) => ({
    directory: directory2,
    goWork: goWorkFor(directory2, gowork),
    named: found.named.includes(directory2),
    pattern: patternOf(directory2)
  }));
  const read2 = readRoots(places, workspace, goflags);
  const markers = found.markers.map((directory2) => ({
    label: workspacePath(workspace, directory2) || ".",
    why: "its go.mod is empty, which excludes the directory from `./...`",
    patterns: [patternOf(directory2)],
    isIntended: true
  }));
  return {
    workspace,
    roots: read2.roots,
    skipped: [...read2.skipped, ...markers],
    notes: [
      ...found.notes,
      ...exclusionNotes(found, read2.roots, workspace),
      ...nestedNotes(found, read2.roots)
    ],
    areExcluded: found.excluded.length > 0,
    problems: [...found.problems, ...goworkProblems(gowork), ...read2.problems]
  };
}
var maxNames3 = 5;
function exclusionNotes({ excluded }, roots, workspace) {
  const members = roots.flatMap(
    (root) => root.goWork === void 0 ? [] : root.modules.map(({ directory: directory2 }) => directory2)
  );
  const [kept, removed] = [true, false].map(
    (isMember) => excluded.filter((one) => members.includes(one) === isMember).map((one) => workspacePath(workspace, one) || ".")
  );
  return [
    ...removed?.length ? [`\`modules\` excludes ${listSome(removed, maxNames3)}.`] : [],
    ...kept?.length ? [
      `\`modules\` excludes ${listSome(kept, maxNames3)}, but go.work uses it, and Go loads a workspace as a whole: it is not excluded. Run \`go work edit -dropuse\` to remove it from go.work.`
    ] : []
  ];
}
function nestedNotes({ start, nested }, [root, ...others]) {
  if (root === void 0 || others.length > 0 || root.goWork !== void 0) return [];
  const modules = nested.filter((directory2) => hasSums(directory2)).map((one) => workspacePath(start, one));
  if (modules.length === 0) return [];
  return [
    `Only the module in ${root.label} is used, as with \`go build ./...\`. Nested modules are skipped: ${listSome(modules, maxNames3)}. Set \`modules: '**'\` to use them too.`
  ];
}
function hasSums(directory2) {
  const problems = [];
  const module = collectProblem(problems, directory2, () => readModule(directory2, ""));
  return module !== void 0 && module.goMod.require.length > 0 && module.goSum.goMods.length > 0;
}
function goworkProblems(gowork) {
  if (["", "auto", "off"].includes(gowork)) return [];
  const isAbsolute16 = path51.isAbsolute(gowork);
  if (isAbsolute16 && isFile(gowork)) return [];
  return [
    {
      what: `GOWORK is "${gowork}"${isAbsolute16 ? ", but that file does not exist" : ""}`,
      allowed: "the absolute path of a go.work file, `auto` or `off`",
      fix: "Correct the variable, or unset it."
    }
  ];
}

// src/checkout/output-path.ts
import * as path52 from "node:path";
function outputPathFault(workspace, file) {
  return faultWithin(workspace, file, "the checkout");
}
function outputPathOrTempFault(workspace, temporary, file) {
  if (temporary === "" || isWithin(workspace, file)) return outputPathFault(workspace, file);
  const folder = path52.resolve(temporary);
  return isWithin(folder, file) ? faultWithin(folder, file, "RUNNER_TEMP") : `it is neither in the checkout nor below RUNNER_TEMP (${folder})`;
}
function faultWithin(base, file, name) {
  if (!isWithin(base, file) || file === base) return `it is not in ${name}`;
  let folder = path52.dirname(file);
  while (lstat2(folder) === void 0 && folder !== base) folder = path52.dirname(folder);
  if (!isWithin(realPath(base), realPath(folder)))
    return `a symbolic link in its path leads outside of ${name}`;
  const found = lstat2(file);
  if (found?.isSymbolicLink() === true) return "it is a symbolic link";
  if (found !== void 0 && !found.isFile()) return "it is not a file";
  return lstat2(realPath(folder))?.isDirectory() === false ? "its parent is a file" : void 0;
}

// src/checkout/source-hash.ts
import { createHash as createHash15 } from "node:crypto";
import * as path53 from "node:path";
async function hashSource(workspace, directories, variables, otherFolders = []) {
  const byGit = await checkedOut(workspace, variables);
  if (byGit !== void 0) return byGit;
  const each = await Promise.all(
    directories.map(
      async (directory2) => await checkedOut(directory2, variables) ?? contentOf2(directory2, "", nonProjectBelow(directory2, otherFolders))
    )
  );
  return each.flat();
}
function contentOf2(directory2, relative12, isOutsideProject) {
  return readableEntries2(path53.join(directory2, relative12)).flatMap((entry) => {
    const name = `${relative12}${entry.name}`;
    if (entry.isDirectory()) {
      const isIgnored = entry.name === ".git" || isOutsideProject(path53.join(directory2, name));
      return isIgnored ? [] : contentOf2(directory2, `${name}/`, isOutsideProject);
    }
    return [name, entry.isFile() ? digestOf(path53.join(directory2, name)) : ""];
  });
}
function readableEntries2(directory2) {
  try {
    return entriesOf(directory2);
  } catch {
    return [];
  }
}
function digestOf(file) {
  try {
    return createHash15("sha256").update(readBytes(file) ?? "").digest("hex");
  } catch {
    const { size, mtimeMs } = lstat2(file) ?? { size: 0, mtimeMs: 0 };
    return `${size} ${mtimeMs}`;
  }
}

// src/bundle/output-checks.ts
function isBundleCheck(variables) {
  return (variables[variableOf("bundle-check")] ?? "").trim() !== "";
}
function bundleOutputProblems({
  inputs,
  roots,
  privateModules,
  workspace,
  env
}) {
  const output = inputs["bundle-output"];
  if (output === "") return [];
  const fault = outputPathOrTempFault(workspace, env.variable("RUNNER_TEMP"), path54.resolve(workspace, output));
  return [
    ...fault === void 0 ? [] : [
      {
        what: `Input \`bundle-output\` is ${JSON.stringify(output)}, and ${fault}`,
        allowed: "the path of a file in the checkout or below RUNNER_TEMP, whose name ends in `.tar.zst`",
        fix: "Name a file such as `out/deps.bundle.tar.zst` or `${{ runner.temp }}/deps.bundle.tar.zst`."
      }
    ],
    ...privateProblems(privateAmong(roots, privateModules), inputs["bundle-private"]),
    ...roots.flatMap((root) => localProblems(root, realPath(workspace)))
  ];
}
function localProblems(root, workspace) {
  const required2 = requiredPaths(root);
  const replaced3 = [
    ...(root.goWork?.replace ?? []).map((one) => ({ ...one, from: root.directory })),
    ...root.modules.flatMap(
      ({ goMod, directory: directory2 }) => goMod.replace.map((one) => ({ ...one, from: directory2 }))
    )
  ];
  return [
    ...root.modules.filter(({ directory: directory2 }) => !isWithin(workspace, realPath(directory2))).map(({ directory: directory2 }) => outside(`go.work uses ${directory2}`)),
    ...replaced3.filter(
      ({ path: replacedPath, newPath }) => isLocalReplacement(newPath) && required2?.has(replacedPath) !== false
    ).flatMap(({ path: replacedPath, newPath, from }) => {
      const what = `\`replace ${replacedPath} => ${newPath}\``;
      const directory2 = realPath(path54.resolve(from, newPath));
      if (!isWithin(workspace, directory2)) return [outside(`${what} points to a directory`)];
      return isFile(path54.join(directory2, "go.mod")) ? [] : [empty(what, newPath)];
    })
  ];
}
function outside(what) {
  return {
    what: `${what} outside the checkout, and a bundle holds no local directories`,
    allowed: "",
    fix: "Move the directory into the checkout, or require a version of the module."
  };
}
function empty(what, directory2) {
  return {
    what: `${what} points to ${directory2}, which has no go.mod, so builds would fail with the bundle`,
    allowed: "",
    fix: "Check out that directory as well, or remove the line."
  };
}

// src/offline/offline.ts
import * as path56 from "node:path";

// src/platform/file-snapshot.ts
function snapshotFiles(files) {
  const before = files.map((file) => [file, readBytes(file)]);
  const changed = () => before.filter(([file, content]) => !same(content, readBytes(file)));
  return {
    changed: () => changed().map(([file]) => file),
    restore: () => {
      for (const [file, content] of changed()) {
        if (content === void 0) remove(file);
        else writeFile2(file, content);
      }
    }
  };
}
function same(a, b) {
  return a === void 0 || b === void 0 ? a === b : a.equals(b);
}

// src/offline/prove.ts
import * as path55 from "node:path";
import { fileURLToPath as fileURLToPath3 } from "node:url";

// src/offline/missing-modules.ts
var maxNames4 = 10;
function missingModuleProblems({ absent, unsummed }, where) {
  const here = where.label === "." ? "here" : `in ${where.label}`;
  const place2 = { file: where.goMod, ...where.line === void 0 ? {} : { line: where.line } };
  const modules = [...absent].map(([name, by]) => by === void 0 ? name : `${name} (imported by ${by})`);
  return [
    ...modules.length === 0 ? [] : [
      {
        what: `${counted(modules.length, "module")} that builds or tests ${here} need ${modules.length === 1 ? "is" : "are"} not on this machine: ${listSome(modules, maxNames4)}`,
        allowed: "",
        fix: where.canFetch ? "This step could not fetch them either: set `dependencies: download` to see why." : "This step may not fetch modules. Restore a module cache that a run with a network saved, use a bundle of these modules, commit a vendor directory, or set `offline: true` to let this step fetch them.",
        ...place2,
        shownAs: "Modules that are not on this machine",
        shown: modules
      }
    ],
    ...unsummed.length === 0 ? [] : [
      {
        what: `go.sum is incomplete, so the modules that builds ${here} use are unknown: it has no hashes for ${listSome(unsummed, maxNames4)}`,
        allowed: "",
        fix: "Run `go mod tidy`, and commit go.sum.",
        ...place2
      }
    ]
  ];
}
function counted(count, word3) {
  return `${count} ${word3}${count === 1 ? "" : "s"}`;
}
function missingModulesOf(root, failed2, isAvailable, needed) {
  const absent = /* @__PURE__ */ new Map();
  for (const { importPath, importedBy } of failed2.filter(({ reason: reason3 }) => lacksModule(reason3))) {
    const name = moduleProviding(root, importPath);
    if (!absent.has(name)) absent.set(name, importedBy);
  }
  if (absent.size > 0) {
    for (const name of needed.filter((one) => !isAvailable(one)))
      if (!absent.has(name)) absent.set(name, void 0);
  }
  const unsummed = failed2.filter(({ reason: reason3 }) => lacksSum(reason3)).map(({ importPath }) => importPath);
  return { absent, unsummed: [...new Set(unsummed)] };
}
function moduleProviding(root, importPath) {
  const [longest7] = resolvedRequirements(root).filter(({ path: path82 }) => importPath === path82 || importPath.startsWith(`${path82}/`)).sort((a, b) => b.path.length - a.path.length);
  return longest7?.fetched ?? longest7?.path ?? importPath;
}

// src/offline/prove.ts
function patternsInRoot(root, patterns2) {
  return patterns2.filter((pattern) => {
    const directory2 = patternDirectory(pattern);
    return directory2 === void 0 || isDirectory2(path55.join(root.directory, directory2));
  });
}
function allPackagePatterns({
  directory: directory2,
  modules
}) {
  return modules.map((module) => {
    const relative12 = path55.relative(directory2, module.directory).replaceAll(path55.sep, "/");
    if (relative12 === "") return "./...";
    return /^\.\.(?:\/|$)/.test(relative12) || path55.isAbsolute(relative12) ? `${relative12}/...` : `./${relative12}/...`;
  });
}
function runOffline(go2, args, cwd) {
  return runGo(args, { ...go2, cwd, isWatched: false });
}
async function proveNothingMissing(root, go2, place2, patterns2 = allPackagePatterns(root)) {
  const tools = [...new Set(root.modules.flatMap(({ goMod }) => goMod.tool))];
  const loaded = patterns2.length === 0 ? nothingLoaded : await load2(root, go2, ["-test", ...patterns2]);
  const loadedTools = tools.length === 0 ? nothingLoaded : await load2(root, go2, tools);
  const failed2 = [...loaded.failed, ...loadedTools.failed];
  const isAvailable = (name) => isModuleCached(place2.gomodcache, name) || isServed(place2.source, name);
  const missing2 = missingModulesOf(root, failed2, isAvailable, root.vendored ? [] : neededTrees(root));
  const files = goModsOf(root);
  const [first = ""] = missing2.absent.keys();
  const [location] = moduleLocations(files, "require", { path: first.split("@")[0] ?? "" }, "");
  const problems = missingModuleProblems(missing2, {
    label: root.label,
    goMod: location?.file ?? files[0]?.file ?? "go.mod",
    line: location?.line,
    canFetch: place2.canFetch
  });
  return { problems, unmatched: loaded.unmatched };
}
var nothingLoaded = { failed: [], unmatched: [] };
async function load2(root, go2, args) {
  const ran = await runOffline(go2, ["list", "-e", "-deps", `-json=${loadFields}`, ...args], root.directory);
  if (ran.code !== 0) throw new GoCommandError("The packages cannot be listed without a network", root, ran);
  return { failed: parseFailedLoads(ran.stdout), unmatched: unmatchedPatterns(ran.stderr) };
}
function isServed(source, name) {
  if (!source.startsWith("file:")) return false;
  const prefix3 = downloadPrefix(splitModuleVersion(name)).replace(/^cache\/download\//, "");
  try {
    return isFile(path55.join(fileURLToPath3(source), `${prefix3}.zip`));
  } catch {
    return false;
  }
}
function goModsOf(root) {
  return root.modules.map(({ goModFile }) => ({
    file: path55.posix.join(root.label, path55.relative(root.directory, goModFile).replaceAll(path55.sep, "/")),
    text: readText(goModFile) ?? ""
  }));
}

// src/offline/build.ts
async function checkBuilds(root, patterns2, go2, place2) {
  const proof = await proveNothingMissing(root, go2, place2, patterns2);
  const matched = patterns2.filter((pattern) => !proof.unmatched.includes(pattern));
  if (proof.problems.length > 0 || matched.length === 0) return proof;
  const discarded = platform() === "win32" ? "NUL" : "/dev/null";
  const build = ["build", "-o", discarded];
  const built = await runOffline(go2, [...build, ...matched], root.directory);
  if (hasOnlyTests(built.stderr)) {
    for (const pattern of matched) {
      const ran = await runOffline(go2, [...build, pattern], root.directory);
      if (!hasOnlyTests(ran.stderr)) mustSucceed(ran, "go build", [pattern], root);
    }
  } else mustSucceed(built, "go build", matched, root);
  mustSucceed(await runOffline(go2, ["vet", "-json", ...matched], root.directory), "go vet", matched, root);
  const list6 = ["list", "-deps", "-test"];
  mustSucceed(
    await runOffline(go2, [...list6, ...matched], root.directory),
    `go ${list6.join(" ")}`,
    matched,
    root
  );
  return proof;
}
function mustSucceed(ran, command, patterns2, root) {
  if (ran.code !== 0) {
    throw new GoCommandError(`\`${command} ${patterns2.join(" ")}\` fails without a network`, root, ran);
  }
}
async function detectNetworkIsolation(cwd, variables, system = platform()) {
  if (system !== "linux") return { why: "only Linux has network namespaces" };
  const prefix3 = ["unshare", isSuperuser() ? "-n" : "-rn", "--"];
  const [command = "", ...rest] = prefix3;
  const ran = await run(command, [...rest, "true"], { cwd, variables });
  if (ran === void 0) return { why: "`unshare` is not on PATH" };
  if (ran.code === 0) return { prefix: prefix3 };
  const [reason3 = ""] = ran.stderr.trim().split(/\r?\n/);
  return { why: reason3 === "" ? `\`unshare\` fails with exit code ${ran.code}` : reason3 };
}

// src/offline/plan.ts
function planOffline(inputs, value, bundle, database) {
  const { offline: requested, "offline-check": check3 } = inputs;
  const source = escapedUrl(bundle?.url ?? localSource(value("GOPROXY")) ?? "off");
  const name = database?.key.split("+")[0] ?? "";
  const usesBundleDatabase = database?.hasAddress === false && bundle?.sumdb.includes(name) === true;
  const changes = offlineChanges(source, usesBundleDatabase, bundle !== void 0);
  const isOfflineFromStart = requested === "strict" || requested === "true" && bundle !== void 0;
  return {
    mode: requested,
    check: check3,
    source,
    fetches: !isOfflineFromStart || source !== "off",
    changes,
    forThisStep: isOfflineFromStart ? [...changes, ...databaseVariable(database, source)] : []
  };
}
function offlineProblems(inputs, goflags) {
  const { goproxy, offline } = inputs;
  const isOffline = offline !== "false";
  const problems = [];
  if (isOffline && goproxy !== "" && localSource(goproxy) === void 0) {
    problems.push({
      what: `Input \`goproxy\` is "${redactedGoproxy(goproxy)}", which later steps would reach over a network, but \`offline: ${offline}\` forbids that`,
      allowed: "`off`, or one `file://` address of a directory with modules",
      fix: offline === "strict" ? "Remove `goproxy`, or use `offline: true` and set GOPROXY in `env:` of this step, for this step only." : "Set GOPROXY in `env:` of this step instead: then only this step downloads from there."
    });
  }
  if ((isOffline || inputs["offline-check"].length > 0) && goFlagValue(goflags, "mod") === "mod") {
    problems.push({
      what: `GOFLAGS holds -mod=mod, which lets go commands add to go.mod and go.sum, but with \`${isOffline ? "offline" : "offline-check"}\` nothing checks what they add`,
      allowed: "",
      fix: "Remove the flag, run `go mod tidy`, and commit the result."
    });
  }
  return problems;
}
function planOfflineToolchain(go2, bundle) {
  const { version: version3, local, setting: setting2, module, isInCache } = go2;
  if (version3 === local) {
    return { gotoolchain: "local", onPath: false, why: `${local} is on PATH and builds the modules` };
  }
  if (module === "") {
    return { gotoolchain: void 0, onPath: false, why: `GOTOOLCHAIN=${setting2} searches only PATH` };
  }
  if (bundle?.toolchains.includes(module)) {
    return { gotoolchain: version3, onPath: false, why: `the bundle holds ${version3}` };
  }
  if (isInCache) {
    return { gotoolchain: "local", onPath: true, why: `${version3} is in GOMODCACHE and is added to PATH` };
  }
  return { gotoolchain: `${version3}+path`, onPath: false, why: `${version3} is not in GOMODCACHE` };
}
function toolchainVariables({ gotoolchain, why }) {
  return gotoolchain === void 0 ? [] : [variable2("GOTOOLCHAIN", gotoolchain, why)];
}
function withoutDatabaseBypass(changes) {
  return changes.filter(({ name }) => name !== "GONOSUMDB");
}
function environmentFile(variables) {
  const lines2 = variables.map(({ name, value }) => {
    if (!/^[\w.:/*%+@-]*$/.test(value)) throw new RangeError(`${name} needs quotes`);
    return `${name}=${value}
`;
  });
  return lines2.join("");
}
function offlineChanges(source, usesBundleDatabase, hasBundle) {
  const why = source === "off" ? "Go fetches nothing" : "modules come only from this machine";
  return [
    variable2("GOPROXY", source, hasBundle ? `${why}: the bundle` : why),
    variable2("GONOPROXY", "none", "Go does not fetch private modules from their origin either"),
    ...usesBundleDatabase ? [] : [variable2("GONOSUMDB", "*", "go.sum lists all modules, so Go queries no checksum database")],
    variable2("GOVCS", "*:off", "Go starts no version control system")
  ];
}
function databaseVariable(database, source) {
  if (database === void 0 || database.key === "off" || source.startsWith("file:")) return [];
  return [variable2("GOSUMDB", `${database.key} file:///dev/null`, "this step queries no checksum database")];
}
function localSource(goproxy) {
  const [, source] = /^(off|file:\/\/\/[^,|]*?)(?:\s*[,|]\s*off)?$/i.exec(goproxy.trim()) ?? [];
  return source;
}
function escapedUrl(url) {
  return url.replaceAll(
    /[^\w.:/%+@-]/gu,
    (one) => [...Buffer.from(one)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("")
  );
}
function variable2(name, value, why) {
  return { name, value, shown: name === "GOPROXY" ? redactedGoproxy(value) : value, why };
}

// src/offline/offline.ts
async function proveAll(roots, go2, place2) {
  const withDependencies = roots.filter(needsModules);
  const missing2 = [];
  const empty2 = [];
  for (const root of withDependencies) {
    const proof = await proveUnchanged(root, () => proveNothingMissing(root, go2, place2));
    missing2.push(...proof.problems);
    if (isEmpty(root, allPackagePatterns(root), proof)) empty2.push(root);
  }
  if (missing2.length > 0) throw new UserError(missing2);
  for (const root of empty2) info2(nothingToProve(root));
  return empty2.length === 0 || empty2.length < withDependencies.length;
}
async function checkAll(patterns2, roots, go2, place2) {
  const [first] = roots;
  const isolation = await detectNetworkIsolation(first?.directory ?? ".", go2.env.variables);
  if ("why" in isolation) {
    notice2(
      `\`offline-check\` builds only with the variables of \`offline\`, without a network namespace: ${isolation.why}.`
    );
  }
  const isolated = { ...go2, prefix: "why" in isolation ? [] : isolation.prefix };
  const isAll = patterns2.join() === "./...";
  const missing2 = [];
  const unmatched = new Set(isAll ? [] : patterns2);
  const empty2 = [];
  for (const root of roots) {
    const inRoot = isAll ? allPackagePatterns(root) : patternsInRoot(root, patterns2);
    if (inRoot.length === 0) continue;
    const proof = await checkBuilds(root, inRoot, isolated, place2);
    missing2.push(...proof.problems);
    for (const one of inRoot.filter((one2) => !proof.unmatched.includes(one2))) unmatched.delete(one);
    if (isEmpty(root, inRoot, proof)) empty2.push(root);
  }
  missing2.push(...[...unmatched].map(matchesNothing));
  if (missing2.length > 0) throw new UserError(missing2);
  if (isAll) for (const root of empty2) info2(nothingToProve(root));
  if (empty2.length === roots.length) return false;
  const where = "why" in isolation ? "" : ", in a network namespace without a network";
  info2(`Everything builds offline (input \`offline-check\`)${where}`);
  return true;
}
function matchesNothing(pattern) {
  return {
    what: `Input \`offline-check\` names "${pattern}", but no package matches it on this system with these build tags`,
    allowed: "",
    fix: "Correct the pattern, remove it, or set the build tags in `goflags`, for example `goflags: -tags=NAME`."
  };
}
function isEmpty({ modules }, patterns2, { unmatched }) {
  return unmatched.length === patterns2.length && modules.every(({ goMod }) => goMod.tool.length === 0);
}
function nothingToProve({ label }) {
  const where = label === "." ? "here" : `in ${label}`;
  return `No package to build ${where} on this system with these build tags, so there is nothing to check`;
}
async function proveUnchanged(root, prove) {
  const snapshot = snapshotFiles(root.files);
  try {
    const proof = await prove();
    const changed = snapshot.changed().map((file) => path56.basename(file));
    if (changed.length === 0) return proof;
    return { ...proof, problems: [...proof.problems, incompleteSums(root, changed)] };
  } finally {
    snapshot.restore();
  }
}
function incompleteSums({ label }, files) {
  return {
    what: `${files.join(" and ")} in ${label} does not list every module that builds or tests use, so Go would use some of them unverified`,
    allowed: "",
    fix: "Run `go mod download` there with a network, and commit the changed files."
  };
}
function needsModules(root) {
  return hasDependencies(root) || root.modules.some(({ goMod }) => goMod.tool.length > 0);
}
async function goOffline(job, timeline2, later) {
  const { offline, roots } = job;
  const setup = await setUpOfflineGo(job);
  const place2 = {
    gomodcache: job.go.env.GOMODCACHE ?? "",
    source: offline.source,
    canFetch: offline.fetches
  };
  const isOffline = offline.mode !== "false";
  const isProven = isOffline && await timeline2.time("prove that nothing is missing", () => proveAll(roots, setup.go, place2));
  const isBuilt = offline.check.length > 0 && await timeline2.time("build without a network", () => checkAll(offline.check, roots, setup.go, place2));
  passToLaterSteps(setup, isOffline, later);
  if (isOffline) {
    const what2 = isProven ? "all modules for builds and tests are present" : nothingToBuild;
    return { variables: setup.changes, text: `${what2}, and later steps fetch no module` };
  }
  const what = isBuilt ? "everything builds without a network" : nothingToBuild;
  return { variables: [], text: `${what}; later steps may use the network` };
}
var nothingToBuild = "no package to build";
function goOfflineWithoutModules({ changes, mode }, later) {
  const why = "there is no other Go to fetch";
  const toolchain = toolchainVariables({ gotoolchain: "local", onPath: false, why });
  passToLaterSteps({ changes: [...changes, ...toolchain], bin: void 0 }, mode !== "false", later);
}
function goOfflineAfterFailure({ changes }, later) {
  later.set(valuesOf(withoutDatabaseBypass(changes)));
}
function offlineIfRequested(prepared, variables, later) {
  const { inputs } = prepared ?? readInputs(variables);
  if (inputs.offline === "false" || inputs["dry-run"]) return;
  goOfflineAfterFailure(prepared?.offline ?? planOffline(inputs, () => "", void 0, void 0), later);
}
async function setUpOfflineGo({
  bundle,
  offline,
  inputEnv,
  env,
  inputs,
  go: go2,
  roots,
  plan
}) {
  const name = fetchedToolchain({ roots, go: go2 });
  const [first] = roots;
  if (name !== "" && first !== void 0) {
    const set = { GOTOOLCHAIN: plan.goVersion };
    const ran = await runGo(["version"], { cwd: first.directory, env, set, retries: inputs.retries });
    if (ran.code !== 0) throw new GoCommandError(`${plan.goVersion} could not be fetched`, first, ran);
  }
  const root = name === "" ? "" : path56.join(go2.env.GOMODCACHE ?? "", treeDirectory(splitModuleVersion(name)));
  const toolchain = planOfflineToolchain(
    {
      version: plan.goVersion,
      local: go2.env.GOVERSION ?? "",
      setting: go2.toolchainSetting,
      module: name,
      isInCache: root !== "" && isDirectory2(path56.join(root, "bin"))
    },
    bundle
  );
  const goroot = toolchain.onPath && inputEnv.setting("GOROOT") !== "" ? [{ name: "GOROOT", value: root, shown: root, why: "it pointed to another Go" }] : [];
  const changes = [...offline.changes, ...toolchainVariables(toolchain), ...goroot];
  const bin = toolchain.onPath ? path56.join(root, "bin") : void 0;
  const offlineEnv = env.with(valuesOf(changes));
  const used = bin === void 0 ? offlineEnv : offlineEnv.withPath(bin);
  return { changes, bin, go: { env: used, prefix: [] } };
}
function passToLaterSteps({ changes, bin }, isOffline, later) {
  if (isOffline) {
    logGroup({ heading: "Offline: later steps fetch no module", lines: variableLines(changes) });
    later.set(valuesOf(changes));
    if (bin !== void 0) later.addPath(bin);
  }
  const file = path56.join(
    makePrivateDirectory(path56.join(temporaryFolder(), "go-deps-offline-")),
    "offline.env"
  );
  writeFile2(file, environmentFile(changes.filter(({ name }) => name !== "GOROOT")));
  setOutput2("offline-env-file", file);
}

// src/auth/certificates.ts
import { X509Certificate as X509Certificate2 } from "node:crypto";
import * as path57 from "node:path";

// src/platform/certificates.ts
import { X509Certificate } from "node:crypto";
import * as tls2 from "node:tls";
function certificateFiles(system) {
  if (system === "win32") return [];
  return [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem"
  ];
}
var maxStoreBytes = 900 * 1024;
function systemCertificates() {
  for (const file of certificateFiles(platform())) {
    const text4 = readText(file);
    if (text4 !== void 0) return text4;
  }
  const [own2, bundled] = [tls2.getCACertificates("system"), tls2.getCACertificates("bundled")];
  if (platform() === "win32") return joinStores([own2, bundled], now(), maxStoreBytes);
  return (own2.length > 0 ? own2 : bundled).join("\n");
}
function joinStores(stores, at2, maxBytes) {
  const chosen = /* @__PURE__ */ new Map();
  let bytes = 0;
  for (const pem of stores.flat()) {
    const certificate = parsed(pem);
    if (certificate === void 0 || chosen.has(certificate.fingerprint256)) continue;
    const text4 = pem.trim();
    if (Date.parse(certificate.validTo) < at2 || bytes + text4.length + 1 > maxBytes) continue;
    bytes += text4.length + 1;
    chosen.set(certificate.fingerprint256, text4);
  }
  return [...chosen.values()].join("\n");
}
function parsed(pem) {
  try {
    return new X509Certificate(pem);
  } catch {
    return void 0;
  }
}
function trustCertificates(certificates) {
  tls2.setDefaultCACertificates?.([...tls2.getCACertificates("default"), ...certificates]);
}

// src/auth/certificates.ts
function readCertificates(text4) {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text4)) {
    return { fault: "it contains a private key, which must stay on the server" };
  }
  const blocks = text4.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return { fault: "it contains no certificate" };
  for (const [index, block2] of blocks.entries()) {
    try {
      new X509Certificate2(block2);
    } catch {
      return { fault: `certificate ${index + 1} in it cannot be read` };
    }
  }
  return { certificates: blocks };
}
function writeCertificateFiles(certificates, folder, git3, variables, system = platform()) {
  const write3 = (name, before) => {
    const file = path57.join(folder, `${name.toLowerCase()}.pem`);
    writePrivateFile(file, `${[before?.trimEnd() ?? "", ...certificates].filter(Boolean).join("\n")}
`);
    return file;
  };
  const named = (name, fallback) => {
    const file = variables[name] ?? "";
    return file === "" ? fallback() : readText(file);
  };
  const gitFallback = () => (git3.file === void 0 ? void 0 : readText(git3.file)) ?? systemCertificates();
  const forGit = write3(
    "GIT_SSL_CAINFO",
    git3.ignoresFiles ? systemCertificates() : named("GIT_SSL_CAINFO", gitFallback)
  );
  trustCertificates(certificates);
  const schannel = system === "win32" ? gitSetting(variables, "http.schannelUseSSLCAInfo", "true") : {};
  return {
    SSL_CERT_FILE: write3("SSL_CERT_FILE", named("SSL_CERT_FILE", systemCertificates)),
    // Node trusts its built-in certificates in addition to those of this variable.
    NODE_EXTRA_CA_CERTS: write3(
      "NODE_EXTRA_CA_CERTS",
      named("NODE_EXTRA_CA_CERTS", () => "")
    ),
    ...schannel,
    // A variable cannot be unset for later steps, and git treats an empty value as a file name.
    ...(variables.GIT_SSL_CAINFO ?? "") === "" ? gitSetting(withVariables(variables, schannel), "http.sslCAInfo", forGit) : { GIT_SSL_CAINFO: forGit }
  };
}
async function detectGitTrust(folder, variables) {
  const setting2 = async (...args) => (await gitOutside(folder, ["config", ...args], variables))?.stdout.trim() ?? "";
  const [file, backend, usesFiles] = await Promise.all([
    configuredPath("http.sslCAInfo", folder, variables),
    setting2("--get", "http.sslBackend"),
    setting2("--type=bool", "--get", "http.schannelUseSSLCAInfo")
  ]);
  return { file, ignoresFiles: backend === "schannel" && usesFiles !== "true" };
}
function readCertificateInput({ "ca-certificate": given }, workspace) {
  if (given === "") return { certificates: [], problems: [] };
  const isFile2 = !given.includes("-----BEGIN") && !/[\r\n]/.test(given);
  const text4 = isFile2 ? readText(path57.resolve(workspace, given)) : given;
  const read2 = text4 === void 0 ? { fault: "that file does not exist" } : readCertificates(text4);
  if ("certificates" in read2) return { certificates: read2.certificates, problems: [] };
  const what = isFile2 ? `is ${JSON.stringify(given)}, but ${read2.fault}` : `cannot be used: ${read2.fault}`;
  return {
    certificates: [],
    problems: [
      {
        what: `Input \`ca-certificate\` ${what}`,
        allowed: "certificates in PEM format, or the path of a PEM file",
        fix: "Use the certificate of the certificate authority, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----."
      }
    ]
  };
}
async function configureCertificates(certificates, { variables }, cleanup) {
  if (certificates.length === 0) return {};
  if (platform() === "darwin" || platform() === "win32") {
    warning2(
      "On macOS and Windows, the go command trusts only the certificates of the system: input `ca-certificate` affects only git and this action. Add the certificate to the system’s store."
    );
  }
  const git3 = await detectGitTrust(temporaryFolder(), variables);
  return cleanup.fillDir(
    "certificates",
    variables,
    (folder) => writeCertificateFiles(certificates, folder, git3, variables)
  );
}

// src/auth/checks.ts
var firstWithGoauth = "1.24";
function credentialRequirements(credentials, version3, goproxy) {
  if (compareGoVersions(version3, firstWithGoauth) >= 0) return { problems: [], warnings: [] };
  const proxies2 = new Set(goproxy.split(/[,|]/).flatMap((source) => hostOf2(source.trim()) ?? []));
  const bearerTokens = credentials.filter(({ user }) => user === void 0);
  const ignored = credentials.filter(
    ({ user, host, path: path82 }) => user !== void 0 && path82 !== "" && proxies2.has(host)
  );
  return {
    problems: bearerTokens.map(({ line }) => ({
      what: `Input \`credentials\` has a bearer token in line ${line}, but ${version3} cannot send it`,
      allowed: "",
      fix: `Use Go ${firstWithGoauth} or newer, or a user and a password if the server accepts them.`
    })),
    warnings: ignored.map(
      ({ line, host }) => `Input \`credentials\` has a path in line ${line}, but ${version3} looks up credentials for GOPROXY only by host: it sends none to ${host}. Remove the path, or use Go ${firstWithGoauth} or newer.`
    )
  };
}
function insecureServerProblems(credentials, settings) {
  return Object.entries(settings).flatMap(([name, value]) => {
    const servers = [...value.matchAll(/(?<=^|[\s,|])http:\/\/(?:([^\s,|]*)@)?([^\s,|/?#]+)/gi)];
    return servers.flatMap(([, login, host = ""]) => {
      if (login !== void 0) return [insecure(`${name} has a user or a password for ${host}`, name)];
      const named = credentials.filter((one) => one.host === host.toLowerCase().replace(/:80$/, ""));
      return named.slice(0, 1).map(({ line }) => insecure(`Input \`credentials\` names ${host} in line ${line}`, name));
    });
  });
}
function insecure(what, name) {
  return {
    what: `${what}, but ${name} uses http, and Go sends no password over http`,
    allowed: "",
    fix: `Write https:// for it in ${name}, or remove the password if that server needs none.`
  };
}
function hostOf2(source) {
  return /^https:\/\/(?:[^/]*@)?([^/?#]+)/i.exec(source)?.[1]?.toLowerCase();
}

// src/auth/credentials.ts
import * as path58 from "node:path";

// src/auth/missing-secrets.ts
function withoutSecretInputs(variables) {
  const names = ["credentials", "ssh-private-key"].map(variableOf);
  return withVariables(variables, Object.fromEntries(names.map((name) => [name, void 0])));
}
function noticeMissingSecrets(inputs) {
  const { credentials, "ssh-private-key": keys2 } = inputs;
  const missing2 = [
    ...credentials.linesWithoutSecret.length > 0 ? [`\`credentials\` has no secret in ${lineNumbers(credentials.linesWithoutSecret)}`] : [],
    ...keys2.linesWithoutSecret.length > 0 ? [`\`ssh-private-key\` has no key below ${lineNumbers(keys2.linesWithoutSecret)}`] : []
  ];
  if (missing2.length === 0) return;
  notice2(
    `This run gets no secrets: ${missing2.join(", ")}. Private modules can only come from a cache.`
  );
}
function missingSecretsText(inputs, run2, patterns2, output) {
  const { credentials, "ssh-private-key": keys2 } = inputs;
  const isDependabot = run2.actor === "dependabot[bot]";
  if (!run2.fork && !isDependabot) return void 0;
  const hasMissing = credentials.linesWithoutSecret.length + keys2.linesWithoutSecret.length > 0;
  const hasSecrets = credentials.credentials.length + keys2.keys.length > 0;
  if (hasSecrets && !hasMissing) return void 0;
  if (!hasMissing && patterns2 === "" && !mayNeedCredentials(output, "none")) return void 0;
  if (!mayNeedCredentials(output, patterns2)) return void 0;
  return run2.fork ? "This run is for a fork, and GitHub gives such runs no secrets, so `credentials` and `ssh-private-key` have no effect. Private modules can only come from a cache: let a run of the default branch save them first (in a public repository with `cache-private: true`), or run this change from a branch of this repository." : "This is a Dependabot run, and GitHub gives such runs no Actions secrets, so `credentials` and `ssh-private-key` have no effect. Set them as Dependabot secrets, too (Settings, Secrets and variables, Dependabot).";
}
function lineNumbers(numbers) {
  return `${numbers.length === 1 ? "line" : "lines"} ${numbers.join(", ")}`;
}

// src/auth/credentials.ts
function helperAnswer({ user = "", password }) {
  return `username=${user}
password=${password}
`;
}
function gitConfig(credentials, answerFile) {
  return credentials.map((credential, index) => ({ ...credential, index })).sort((a, b) => a.path.length - b.path.length).map(({ host, path: path82, index }) => {
    const address2 = `https://${[host, path82].filter(Boolean).join("/")}`;
    const file = answerFile(index).replaceAll("\\", "/").replaceAll("'", `'\\''`);
    const command = `!f() { test "$1" = get && cat '${file}'; }; f`;
    const helper = `	helper =
	helper = "${command.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"
`;
    const addresses2 = path82 === "" ? [address2] : [address2, `${address2}.git`];
    return addresses2.map((one) => `[credential "${one}"]
${helper}`).join("");
  }).join("");
}
function netrc(credentials, before) {
  const lines2 = credentials.map(({ host, path: path82, user, password }) => {
    const machine2 = [host, path82].filter(Boolean).join("/");
    const machines = path82 === "" ? [machine2] : [machine2, `${machine2}?go-get=1`];
    return machines.map((one) => `machine ${one} login ${user} password ${password}
`).join("");
  });
  return `${lines2.join("")}${before}`;
}
function goauthProgram(bearers) {
  const answer = bearers.map(({ host, path: path82, password }) => {
    const address2 = `https://${[host, path82].filter(Boolean).join("/")}`;
    const addresses2 = path82 === "" ? [address2] : [address2, `${address2}?go-get=1`];
    return `${addresses2.join("\n")}

Authorization: Bearer ${password}

`;
  });
  return `require("node:fs").writeFileSync(1, ${JSON.stringify(answer.join(""))})
`;
}
function goauthCommand(words2) {
  return words2.map((word3) => {
    if (/[;\r\n]/.test(word3) || word3.includes('"') && word3.includes("'"))
      throw new RangeError(
        `GOAUTH cannot contain the path ${word3}, which bearer tokens need, because the path has a ; or quotes`
      );
    if (!/[\s"']/.test(word3)) return word3;
    return word3.includes('"') ? `'${word3}'` : `"${word3}"`;
  }).join(" ");
}
function writeCredentialFiles(credentials, { folder, home, env }) {
  const at2 = (name) => path58.join(folder, name);
  const basic = credentials.filter(({ user }) => user !== void 0);
  const bearers = credentials.filter(({ user }) => user === void 0);
  for (const [index, credential] of basic.entries()) {
    writePrivateFile(at2(`answer-${index}`), helperAnswer(credential));
  }
  writePrivateFile(
    at2("gitconfig"),
    gitConfig(basic, (index) => at2(`answer-${index}`))
  );
  writePrivateFile(at2("netrc"), netrc(basic, defaultNetrc(home, env.variables)));
  const goauth = env.setting("GOAUTH");
  const extended = withNetrc(goauth);
  const variables = { ...gitSetting(env.variables, "include.path", at2("gitconfig")), NETRC: at2("netrc") };
  if (bearers.length === 0) return { ...variables, ...extended === goauth ? {} : { GOAUTH: extended } };
  writePrivateFile(at2("goauth.cjs"), goauthProgram(bearers));
  const command = goauthCommand([nodeProgram(), at2("goauth.cjs")]);
  return { ...variables, GOAUTH: `${command}; ${extended || "netrc"}` };
}
function withNetrc(goauth) {
  const commands = goauth.split(";").map((command) => command.trim());
  const readsNetrc = goauth === "" || commands.includes("netrc") || commands.includes("off");
  return readsNetrc ? goauth : `netrc; ${goauth}`;
}
function defaultNetrc(home, { NETRC }) {
  if (NETRC !== void 0 && NETRC !== "") return readText(NETRC) ?? "";
  if (home === "") return "";
  const legacy = platform() === "win32" ? readText(path58.join(home, "_netrc")) : void 0;
  return legacy ?? readText(path58.join(home, ".netrc")) ?? "";
}
function credentialProblems(inputs, event, goauth) {
  const bearers = inputs.credentials.credentials.filter(({ user }) => user === void 0);
  if (bearers.length === 0 || goauth !== "off") return secretProblems(inputs, event);
  return [
    ...secretProblems(inputs, event),
    {
      what: `Input \`credentials\` has a bearer token in ${lineNumbers(bearers.map(({ line }) => line))}, but GOAUTH is off, so the go command does not send it`,
      allowed: "",
      fix: "Remove GOAUTH=off, or remove these lines."
    }
  ];
}
function secretProblems(inputs, { fork }) {
  const { credentials, linesWithoutSecret: missing2 } = inputs.credentials;
  const isRequired = inputs["credentials-required"];
  const ssh = inputs["ssh-private-key"];
  if (isRequired && credentials.length + missing2.length + ssh.keys.length + ssh.linesWithoutSecret.length === 0) {
    return [
      {
        what: "Input `credentials-required` is true, but `credentials` and `ssh-private-key` are empty",
        allowed: "",
        fix: "Set the secrets that these inputs use. Runs for forks and of Dependabot get no secrets."
      }
    ];
  }
  if (missing2.length === 0 || fork && !isRequired) return [];
  return [
    {
      what: `Input \`credentials\` has no secret in ${lineNumbers(missing2)}`,
      allowed: "",
      fix: "Check that the secret is set for this repository. Runs for forks and of Dependabot do not get it. A blank at the end of a line means a user with an empty secret: if the last word is the token, remove the blank."
    }
  ];
}
function configureCredentials({ credentials: { credentials } }, env, cleanup) {
  if (credentials.length === 0) return {};
  const home = homeFolder(env.variables);
  return cleanup.fillDir(
    "credentials",
    env.variables,
    (folder) => writeCredentialFiles(credentials, { folder, home, env })
  );
}

// src/auth/masks.ts
import * as path59 from "node:path";
var proxies = /^(?!(?:GO|GONO|NO_?|GIT_?)PROXY$).*PROXY$/i;
var wholeSecrets = [
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "ACTIONS_RUNTIME_TOKEN"
];
var addresses = ["GO_DOWNLOAD_BASE_URL", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"];
function goSettingForms(settings) {
  return [
    ...["GOPROXY", "GOSUMDB"].flatMap((name) => goproxyLogins(settings(name)).flatMap(loginForms)),
    ...goauthSecrets(settings("GOAUTH")).flatMap(secretForms)
  ];
}
function environmentForms(environment) {
  return Object.entries(environment).flatMap(([name, value = ""]) => {
    if (wholeSecrets.includes(name)) return secretForms(value);
    if (proxies.test(name) || addresses.includes(name)) return addressForms(value);
    const isGit = /^GIT_CONFIG_(?:KEY|VALUE)_\d+$/.test(name);
    return isGit ? [...addressForms(settingAddress(value)), ...headerForms(value)] : [];
  });
}
function gitSettingForms(listing) {
  return listing.split("\0").flatMap((record2) => {
    const end = record2.indexOf("\n");
    const [key, value] = end === -1 ? [record2, ""] : [record2.slice(0, end), record2.slice(end + 1)];
    return [...addressForms(settingAddress(key)), ...addressForms(value), ...headerForms(value)];
  });
}
function settingAddress(key) {
  return key.replace(/^(?:url|http|credential)\.(.*)\.\w+$/is, "$1");
}
function addressForms(text4) {
  const login = addressLogin(text4);
  return login === void 0 ? [] : loginForms(login);
}
var gitKeys = String.raw`^(url|http|remote)\.`;
function maskSettings(inputs, base, { variables, setting: setting2 }) {
  const given = {
    GOPROXY: inputs.goproxy,
    GOSUMDB: inputs.gosumdb,
    GOAUTH: inputs.goauth
  };
  maskAll([
    ...goSettingForms((name) => given[name] ?? ""),
    ...goproxyLogins(base).flatMap(loginForms),
    ...goSettingForms(setting2),
    ...environmentForms(variables)
  ]);
}
async function maskGitSettings(directory2, variables) {
  maskAll(gitSettingForms(await gitSettings(directory2, gitKeys, variables)));
}
function maskGoDefaults({ env }) {
  const defaults2 = parseGoEnvFile(readText(path59.join(env.GOROOT ?? "", "go.env")) ?? "");
  maskAll(goSettingForms((name) => defaults2.get(name) ?? ""));
}
function maskAll(secrets) {
  for (const secret of new Set(secrets)) mask(secret);
}
function maskCredentials({ credentials }) {
  maskAll(credentialSecrets(credentials.credentials));
}
function maskSshKeys({ "ssh-private-key": { keys: keys2 } }) {
  maskAll(sshSecrets(keys2));
}

// src/auth/ssh.ts
import * as path60 from "node:path";

// src/auth/ssh-config.ts
function rewriteConfig(rules) {
  const quoted = (text4) => `"${text4.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  const sections = rules.map(({ from, to }) => `[url ${quoted(to)}]
	insteadOf = ${quoted(from)}
`);
  return `[ssh]
	variant = ssh
${sections.join("")}`;
}
function sshScript(keys2, defaultSsh) {
  const branches2 = [...keys2].sort((a, b) => b.server.path.length - a.server.path.length).map(({ server: { host, port, path: path82 }, file, knownHosts: knownHosts2 }) => {
    const hosts = knownHosts2.map((one) => `"${withSlashes(one)}"`).join(" ");
    const where = `${host}:${port}/${path82 === "" ? "" : `${path82}/`}`;
    return `  ${shellQuoted(where)}*) key=${shellQuoted(withSlashes(file))} hosts=${shellQuoted(hosts)};;`;
  });
  return [
    "port= host= command= before=",
    "for word; do",
    '  if test "$before" = -p; then port=$word; fi',
    "  before=$word host=$command command=$word",
    "done",
    'if test "$port" = 22; then port=; fi',
    // git-upload-pack '/acme/lib.git' (connect.c of git)
    "path=",
    `case "$command" in git-*\\ \\'*\\') path=\${command#*\\'} path=\${path%\\'} path=\${path#/} path=\${path%/} path=\${path%.git};; esac`,
    "key= hosts=",
    'case "${host##*@}:$port/$path/" in',
    ...branches2,
    "esac",
    ...defaultSsh.yieldsToRepository ? repositoryCommand : [],
    `if test -z "$key"; then ${defaultSsh.command} "$@"; exit; fi`,
    `${withOptions(defaultSsh.command, keyOptions)} "$@"`,
    ""
  ].join("\n");
}
var repositoryCommand = [
  "own=$(git config --local --includes --get core.sshCommand 2>/dev/null)",
  'remotes=$(git config --local --includes --get-regexp "^remote\\..*url$" 2>/dev/null)',
  'if test -n "$own"; then',
  '  case "$key $remotes" in',
  '  \\ *|*"$path"*) sh -c "$own \\"\\$@\\"" "$own" "$@"; exit;;',
  "  esac",
  "fi"
];
var keyOptions = [
  '-i "$key"',
  "-o IdentitiesOnly=yes",
  "-o BatchMode=yes",
  "-o StrictHostKeyChecking=yes",
  '-o UserKnownHostsFile="$hosts"',
  "-o CheckHostIP=no",
  "-o ControlMaster=no",
  "-o ControlPath=none"
].join(" ");
var word = /(^|[\s/\\'"])(ssh(?:\.exe)?['"]?)(?=\s|$)/;
function withOptions(command, options) {
  return word.test(command) ? command.replace(word, (_, before, name) => `${before}${name} ${options}`) : `${command} ${options}`;
}
function sshCommand(script) {
  return `sh ${shellQuoted(withSlashes(script))}`;
}
function shellQuoted(text4) {
  return `'${text4.replaceAll("'", `'\\''`)}'`;
}
function withSlashes(file) {
  return file.replaceAll("\\", "/");
}
var nameCharacters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.~+%-"];
function sshRewrites(addresses2, httpsOnly, existing) {
  const excluded = httpsOnly.filter(
    (one) => addresses2.some((parent) => isBelow(one, parent)) && !addresses2.some((same2) => isSame(one, same2))
  );
  const redirected = addresses2.map((address2) => ({ address: address2, to: serverUrl(address2.server) }));
  const all = [...redirected, ...excluded.map((address2) => ({ address: address2, to: void 0 }))].sort(
    (a, b) => httpsUrl(a.address).length - httpsUrl(b.address).length
  );
  const rules = [];
  for (const { address: address2, to } of all) {
    const from = httpsUrl(address2);
    const base = to ?? rewritten(existing, from);
    if (address2.path === "") {
      rules.push({ from: `${from}/`, to: `${base}/` });
      continue;
    }
    const before = [...existing, ...rules];
    for (const [ending, rule] of [from, `${from}.git`].map((one) => [one.slice(from.length), one])) {
      rules.push({ from: rule, to: `${base}${ending}` });
      for (const character of nameCharacters) {
        const other = `${rule}${character}`;
        rules.push({ from: other, to: rewritten(before, other) });
      }
    }
  }
  return rules;
}
function rewritten(rules, address2) {
  let best;
  for (const rule of rules) {
    const isLonger = best === void 0 || rule.from.length > best.from.length;
    if (address2.startsWith(rule.from) && isLonger) best = rule;
  }
  return best === void 0 ? address2 : `${best.to}${address2.slice(best.from.length)}`;
}
function readRewrites(listing) {
  return listing.split("\0").flatMap((record2) => {
    const [, to, from] = /^url\.(.*)\.insteadof\n(.+)$/s.exec(record2) ?? [];
    return to === void 0 || from === void 0 ? [] : [{ from, to }];
  });
}
function serverUrl({ user, host, port, path: path82 }) {
  return `ssh://${user}@${host}${port && `:${port}`}${path82 && `/${path82}`}`;
}
function httpsUrl({ host, path: path82 }) {
  return `https://${host}${path82 && `/${path82}`}`;
}
function isBelow(one, parent) {
  return one.host === parent.host && (parent.path === "" || one.path.startsWith(`${parent.path}/`));
}
function isSame(one, other) {
  return one.host === other.host && one.path === other.path;
}

// src/auth/ssh.ts
async function detectSsh(keys2, {
  folder,
  home,
  variables
}) {
  const git3 = (...args) => gitOutside(folder, args, variables);
  const [command, rules] = await Promise.all([
    git3("config", "--get", "core.sshCommand"),
    git3("config", "--null", "--get-regexp", String.raw`^url\..*\.insteadof$`)
  ]);
  const { source, defaultSsh } = findDefaultSsh(command?.stdout.trim() ?? "", variables);
  if (command === void 0 || rules === void 0) return { kind: "no-git", source };
  const query = (line, { server: { user, host, port } }) => git3(
    "-c",
    `alias.ask-ssh=!f() { ${line} "$@"; }; f`,
    "ask-ssh",
    "-G",
    ...port ? ["-p", port] : [],
    `${user}@${host}`
  );
  const servers = new Map(keys2.map((key) => [serverUrl({ ...key.server, path: "" }), key]));
  const queries = [...servers].map(async ([url, key]) => [url, await query(defaultSsh.command, key)]);
  const answers = new Map(await Promise.all(queries));
  for (const answer of answers.values()) {
    const kind = obstacleOf(answer);
    if (kind !== void 0) return { kind, source };
  }
  const [first] = keys2;
  if (source !== "" && first !== void 0) {
    const strict = `key=none hosts=none; ${withOptions(defaultSsh.command, keyOptions)}`;
    const answer = await query(strict, first);
    if (!/^stricthostkeychecking (?:yes|true)\r?$/m.test(answer?.stdout ?? ""))
      return { kind: "lax-ssh", source };
  }
  return {
    defaultSsh,
    rewrites: readRewrites(rules.stdout),
    knownHosts: keys2.map(
      ({ server }) => knownHostsOf(answers.get(serverUrl({ ...server, path: "" }))?.stdout ?? "", home)
    )
  };
}
function findDefaultSsh(configured, { GIT_SSH_COMMAND = "", GIT_SSH = "" }) {
  if (GIT_SSH_COMMAND !== "") {
    return { source: "GIT_SSH_COMMAND", defaultSsh: { command: GIT_SSH_COMMAND, yieldsToRepository: false } };
  }
  if (configured !== "") {
    return { source: "core.sshCommand", defaultSsh: { command: configured, yieldsToRepository: true } };
  }
  if (GIT_SSH !== "") {
    return { source: "GIT_SSH", defaultSsh: { command: shellQuoted(GIT_SSH), yieldsToRepository: true } };
  }
  const command = "ssh -o ControlMaster=no -o BatchMode=yes";
  return { source: "", defaultSsh: { command, yieldsToRepository: true } };
}
function obstacleOf(answer) {
  if (answer === void 0) return "no-git";
  if (answer.code === 127 || answer.code === 126) return "no-ssh";
  return answer.code === 0 && /^userknownhostsfile /m.test(answer.stdout) ? void 0 : "other-ssh";
}
function knownHostsOf(answer, home) {
  const [, named = ""] = /^userknownhostsfile (.*)$/m.exec(answer) ?? [];
  const userFile = path60.join(home, ".ssh", "known_hosts");
  const files = [...named.trim().split(/\s+/), ...home !== "" && isFile(userFile) ? [userFile] : []];
  return [...new Set(files)].filter((file) => /^(?:[/\\~]|[a-z]:[/\\])/i.test(file));
}
function writeSshFiles(keys2, {
  knownHosts: knownHosts2,
  httpsOnly,
  existingSsh: existing,
  folder,
  variables
}) {
  const at2 = (name) => path60.join(folder, name);
  writePrivateFile(at2("known_hosts"), knownHosts2.map((line) => `${line}
`).join(""));
  const writtenKeys = keys2.map((key, index) => ({
    ...key,
    file: at2(`key-${index}`),
    knownHosts: [at2("known_hosts"), ...existing.knownHosts[index] ?? []]
  }));
  for (const { file, key } of writtenKeys) writePrivateFile(file, key);
  writePrivateFile(at2("gitconfig"), rewriteConfig(sshRewrites(keys2, httpsOnly, existing.rewrites)));
  writePrivateFile(at2("ssh"), sshScript(writtenKeys, existing.defaultSsh));
  return { ...gitSetting(variables, "include.path", at2("gitconfig")), GIT_SSH_COMMAND: sshCommand(at2("ssh")) };
}
async function checkSsh(inputs, { fork }, variables) {
  const { keys: keys2, linesWithoutSecret: missing2 } = inputs["ssh-private-key"];
  const problems = [];
  if (missing2.length > 0 && (!fork || inputs["credentials-required"])) {
    problems.push({
      what: `Input \`ssh-private-key\` has no key below ${lineNumbers(missing2)}`,
      allowed: "",
      fix: "Check that the secret is set for this repository. Runs for forks and of Dependabot do not get it."
    });
  }
  if (keys2.length === 0) return { existingSsh: void 0, problems };
  const home = homeFolder(variables);
  const detected = await detectSsh(keys2, { folder: temporaryFolder(), home, variables });
  if (!("kind" in detected)) return { existingSsh: detected, problems };
  return { existingSsh: void 0, problems: [...problems, obstacleProblem(detected)] };
}
function obstacleProblem({ kind, source }) {
  const what = "Input `ssh-private-key` cannot be used";
  const set = source === "" ? "ssh" : source;
  switch (kind) {
    case "no-git":
      return {
        what: `${what}: \`git\` is not on PATH`,
        allowed: "",
        fix: "Install git before this step."
      };
    case "no-ssh":
      return source === "" ? {
        what: `${what}: \`ssh\` is not on PATH`,
        allowed: "",
        fix: "Install OpenSSH’s client before this step; Debian and Ubuntu call it openssh-client, Alpine openssh-client-default."
      } : {
        what: `${what}: ${set} names a program that does not start`,
        allowed: "",
        fix: "Correct it, or remove it."
      };
    case "other-ssh":
      return {
        what: `${what}: ${set} does not run OpenSSH 6.8 or newer`,
        allowed: "",
        fix: `Use OpenSSH for ${source === "" ? "the first `ssh` on PATH" : set}, such as the one in Git for Windows.`
      };
    case "lax-ssh":
      return {
        what: `${what}: ${set} disables the check of host keys, so any server could pose as yours`,
        allowed: "",
        fix: "Remove StrictHostKeyChecking from it, and list the host keys in `ssh-known-hosts`."
      };
  }
}
function configureSsh(inputs, existing, { variables }, cleanup) {
  const { keys: keys2, linesWithoutSecret: missing2 } = inputs["ssh-private-key"];
  const { lines: lines2 } = inputs["ssh-known-hosts"];
  if (existing === void 0) {
    if (lines2.length > 0 && missing2.length === 0) {
      warning2("Input `ssh-known-hosts` has no effect without `ssh-private-key`.");
    }
    return {};
  }
  const httpsOnly = [
    // Bearer tokens serve Go's own requests; git cannot use them.
    ...inputs.credentials.credentials.filter(({ user }) => user !== void 0),
    ...inputs["export-credentials"] ? checkedOutRepository(variables) : []
  ];
  return cleanup.fillDir(
    "ssh",
    variables,
    (folder) => writeSshFiles(keys2, { knownHosts: lines2, httpsOnly, existingSsh: existing, folder, variables }),
    // A variable cannot be unset for later steps, and git treats an empty value as a program.
    { GIT_SSH_COMMAND: "ssh" }
  );
}
function checkedOutRepository({
  GITHUB_SERVER_URL = "",
  GITHUB_REPOSITORY = ""
}) {
  const [, host = ""] = /^https:\/\/([^/]+)/.exec(GITHUB_SERVER_URL) ?? [];
  return host === "" || GITHUB_REPOSITORY === "" ? [] : [{ host, path: GITHUB_REPOSITORY }];
}

// src/report/advice.ts
import * as path61 from "node:path";
var namedPlaces = 5;
function advice(report) {
  return [
    ...cacheErrorAdvice(report),
    ...goSumAdvice(report),
    ...vendorAdvice(report),
    ...trimpathAdvice(report),
    ...toolchainAdvice(report),
    ...report.failures.length > 0 ? [] : coldCacheAdvice(report)
  ];
}
function cacheErrorAdvice({ caches }) {
  const errors = new Set(caches.map(({ outcome }) => outcome?.error ?? "").filter((error3) => error3 !== ""));
  if (errors.size === 0) return [];
  const list6 = [...errors].join("; ");
  const fix2 = list6.includes("offers no cache service") ? "Set `cache: false` for runners without a cache service." : "If the next run shows the same error, check the log of this step.";
  return [`The cache did not work (${list6}), which only makes the job slower. ${fix2}`];
}
function coldCacheAdvice({ caches, saving }) {
  const cold = caches.filter(isCold);
  if (cold.length === 0) return [];
  if (saving.needsStep && saving.save !== "no") {
    return [
      "This step only restores. If a later step has `org/go-deps-action/save`, or another job saves, the next run starts warm."
    ];
  }
  if (saving.save === "yes") {
    return ["This job saves what it fetches and builds, and the next run starts warm."];
  }
  const wanted = caches.filter(({ name, plan }) => plan.wanted && name !== "toolchain");
  if (saving.save === "if-nothing-found" && wanted.every(isCold)) {
    return [
      "This job saves, because no entry was found, and the next run of this branch starts warm. After a run on the default branch, every branch starts warm."
    ];
  }
  return [
    "This run does not save. The next run on the default branch saves, and later runs like this one start warm."
  ];
}
function isCold({ outcome }) {
  return outcome?.found === "miss" && outcome.error === "";
}
function trimpathAdvice({ caches }) {
  const build = caches.find(({ name }) => name === "build");
  if (build === void 0 || !build.plan.wanted || build.outcome?.found !== "partial") return [];
  if (build.outcome.matched === "") return [];
  const match3 = matchKey(build.plan.key, build.outcome.matched);
  if (match3.kind !== "partial" || match3.differs.name !== "paths" || match3.differs.value === "trimpath")
    return [];
  return [
    "Compiled packages contain the directory they were compiled in. To reuse them in any directory, set `goflags: -trimpath`."
  ];
}
function toolchainAdvice({ go: go2, caches, roots }) {
  const fetched = caches.some(({ name, plan }) => name === "toolchain" && plan.wanted);
  if (!fetched || !go2.isFetched) return [];
  const [root, ...others] = roots;
  const file = root === void 0 ? "" : path61.posix.join(root.label, root.isWorkspace ? "go.work" : "go.mod");
  const input = file === "" || others.length > 0 ? `go-version: '${go2.version.replace(/^go/, "")}'` : `go-version-file: ${file}`;
  return [
    `The go command downloads ${go2.version}, because a different Go is installed. To take it from the tool cache of the runner, if available there, set \`${input}\`.`
  ];
}
function goSumAdvice({ dependencies }) {
  const labels = dependencies.filter(({ lacksHashes }) => lacksHashes === true).map(({ label }) => label);
  if (labels.length === 0) return [];
  return [
    `Run \`go mod tidy\`${listed(labels)} and commit go.sum: without hashes nothing can be downloaded or cached.`
  ];
}
function vendorAdvice({ dependencies, roots }) {
  const labels = dependencies.filter(({ vendorChanged: vendorChanged2, vendorIsNew }) => vendorChanged2 === true && vendorIsNew !== true).map(({ label }) => label);
  if (labels.length === 0) return [];
  const isWork = labels.some((label) => roots.find((root) => root.label === label)?.isWorkspace === true);
  return [
    `The vendor directory${listed(labels)} differs from the checkout. If it is committed, run \`go ${isWork ? "work" : "mod"} vendor\` and commit the result.`
  ];
}
function listed(labels) {
  if (labels.length === 1 && labels[0] === ".") return "";
  return ` in ${listSome(
    labels.map((label) => `\`${label}\``),
    namedPlaces
  )}`;
}

// src/report/report.ts
function status({ outcome }) {
  return outcome?.found ?? "off";
}
var titles = {
  modules: "Module cache",
  build: "Build cache",
  toolchain: "Go toolchain"
};
function mainOutputs(modules, build, dependencies, go2) {
  return {
    "cache-hit": String(status(modules) === "exact"),
    "modules-cache": status(modules),
    "build-cache": status(build),
    "modules-cache-key": keyOf(modules),
    "modules-cache-matched-key": modules.outcome?.matched ?? "",
    "build-cache-key": keyOf(build),
    "build-cache-matched-key": build.outcome?.matched ?? "",
    ...vendorChanged(dependencies),
    "go-version": go2.version.replace(/^go/, ""),
    gomodcache: go2.env.GOMODCACHE ?? "",
    gocache: go2.env.GOCACHE ?? ""
  };
}
function vendorChanged(dependencies) {
  const changes = dependencies.flatMap((report) => report.vendorChanged ?? []);
  return changes.length === 0 ? {} : { "vendor-changed": String(changes.includes(true)) };
}
function keyOf({ plan }) {
  return plan.wanted ? plan.key.full : "";
}
function bundleOutputs({ file, sha256: sha2562, size, content }) {
  return {
    "bundle-path": file,
    "bundle-sha256": sha2562,
    "bundle-size": String(size),
    "bundle-modules": String(content.modules.length)
  };
}

// src/report/log.ts
function changesText({ added, removed, changed }) {
  const counts = [
    [changed.length, "changed"],
    [added.length, "added"],
    [removed.length, "removed"]
  ];
  return counts.flatMap(([count, word3]) => count === 0 ? [] : [`${count} ${word3}`]).join(", ");
}
function changeLines({ added, removed, changed }, most2) {
  const lines2 = [
    ...changed.map(({ path: path82, from, to }) => `${path82} ${from} -> ${to}`),
    ...added.map((name) => `added ${name.replace("@", " ")}`),
    ...removed.map((name) => `removed ${name.replace("@", " ")}`)
  ];
  return firstLinesOf(lines2, most2);
}
function rootText({ modules, goWork }) {
  return goWork === void 0 ? modules[0]?.goMod.module ?? "" : `a workspace of ${modules.length} modules`;
}
function introduction(plan, roots) {
  const places = roots.map(
    (root) => root.label === "." ? rootText(root) : `${rootText(root)} in ${root.label}`
  );
  return `Go ${plan.goVersion.replace(/^go/, "")}, ${places.join("; ")}`;
}
function restoreLog(report) {
  const { plan, outcome } = report;
  const title2 = titles[report.name];
  if (!plan.wanted) return { heading: `${title2}: off (${plan.why})`, lines: [] };
  const parts = keyLines(plan.key);
  if (outcome === void 0) {
    return { heading: `${title2}: not restored (${report.skipped ?? plan.why})`, lines: parts };
  }
  const lines2 = [...parts, ...matchLines(plan.key, report), ...transferLines(outcome.transfer)];
  return { heading: `${title2}: ${restoreText(report)}`, lines: lines2 };
}
function restoreText(report) {
  const { outcome } = report;
  const detail = restoreDetail(report);
  if (outcome === void 0 || outcome.alreadyCached || outcome.found === "miss") return detail;
  if (outcome.lookedUp) return `${outcome.found}, only looked up (${detail})`;
  const amount = `${outcome.files} files, ${bytesText(outcome.bytes)} stored, in ${secondsText(outcome.seconds)}`;
  return `${outcome.found}, ${amount} (${detail})`;
}
var mostChanges = 100;
var exactTexts = {
  modules: "the same module graph",
  build: "the same source",
  toolchain: "the same version"
};
function restoreDetail({ name, plan, outcome, skipped: skipped3 }) {
  if (!plan.wanted) return plan.why;
  if (outcome === void 0) return skipped3 ?? plan.why;
  if (outcome.alreadyCached) return "already on this machine";
  if (outcome.found === "miss") return outcome.error === "" ? "no entry" : `no entry (${outcome.error})`;
  const match3 = matchKey(plan.key, outcome.matched);
  if (match3.kind === "partial") return `different ${match3.differs.name}`;
  return exactTexts[name];
}
function dependencyLog({ label, text: text4, fetched }) {
  const where = label === "." ? "" : ` of ${label}`;
  return { heading: `Dependencies${where}: ${text4}`, lines: fetched };
}
function transferLines(figures) {
  if (figures === void 0) return [];
  const { store: store2, bytes, seconds: seconds2, requests, retries } = figures;
  const retried = retries === 0 ? "" : `, ${retries} of them retried`;
  return [
    `transfer: ${bytesText(bytes)} in ${secondsText(seconds2)}, ${rateText(figures)}, ${requests} request${requests === 1 ? "" : "s"}${retried} (cache-backend ${store2})`
  ];
}
function keyLines(key) {
  const width2 = Math.max(...key.parts.map((part) => part.name.length));
  return [
    `key: ${key.full}`,
    ...key.parts.map((part) => `  ${part.name.padEnd(width2)}  ${part.value}  (${part.of})`)
  ];
}
function matchLines(key, { outcome, changes, wrong = [] }) {
  if (outcome === void 0 || outcome.alreadyCached) return [];
  if (outcome.unreachable) return [];
  if (outcome.found === "miss") {
    return [
      `no entry was ${outcome.lookedUp ? "found" : "restored"}; tried:`,
      ...[key.full, ...key.fallbacks].map((one) => `  ${one}`)
    ];
  }
  const match3 = matchKey(key, outcome.matched);
  const difference2 = match3.kind === "exact" ? [] : [
    `first part that differs: ${match3.differs.name} (requested ${match3.differs.value}, found ${match3.actual})`
  ];
  const modules = changes === void 0 ? [] : changeLines(changes, mostChanges);
  const lines2 = [...modules, ...corruptLines(wrong)].map((line) => `  ${line}`);
  return [`${outcome.lookedUp ? "found" : "restored"}: ${outcome.matched}`, ...difference2, ...lines2];
}
var actionTexts = {
  nothing: "nothing",
  check: "check that vendor agrees with go.mod",
  download: "download modules that are missing after the restore",
  vendor: "download modules that are missing after the restore, and vendor"
};
function planLines(plan, inputs) {
  const { policy } = plan;
  const when = isRestoreAction(inputs) ? " in a step with `save`" : "";
  const saving = {
    yes: `save${when || " when the job ends"}`,
    no: "do not save",
    "if-nothing-found": `save${when} if nothing is found`
  };
  return [
    `Go: ${plan.goVersion}`,
    `Cache: ${policy.restore ? "restore" : "do not restore"}, ${saving[policy.save]} (${policy.why})`,
    ...typeof plan.store === "object" ? [`Cache store: ${s3TargetText(plan.store)}`] : [],
    ...cacheLines(titles.modules, plan.modules),
    ...cacheLines(titles.build, plan.build),
    ...plan.toolchain.plan.wanted ? cacheLines(titles.toolchain, plan.toolchain.plan) : [],
    ...plan.dependencies.map(
      ({ root, action, why }) => `Dependencies of ${root.label}: ${actionTexts[action]} (${why})`
    )
  ];
}
function offlineLines({ mode: requested, check: check3, fetches, changes }) {
  const first = fetches ? "download missing modules, verify" : "download nothing, verify";
  return [
    ...requested === "false" ? [] : [
      `Offline: ${first} that builds and tests have all modules, and block the network for later steps (input \`offline\` is ${requested})`,
      ...variableLines(changes).map((line) => `  ${line}`)
    ],
    ...check3.length === 0 ? [] : [`Offline check: build ${check3.join(" ")} without a network`]
  ];
}
function cacheLines(title2, plan) {
  if (!plan.wanted) return [`${title2}: off (${plan.why})`];
  const fallbacks = plan.key.fallbacks.map((prefix3) => `    or the newest with ${prefix3}`);
  return [`${title2}: on (${plan.why})`, ...keyLines(plan.key).map((line) => `  ${line}`), ...fallbacks];
}
function skippedText({ label, why, patterns: patterns2, isIntended }) {
  const text4 = `The module in ${label} is skipped: ${why.replace(/\.$/, "")}.`;
  if (isIntended === true) return text4;
  return `${text4} To fail the step for this, list the module in \`modules\`. To skip it without this message, add ${exclusion(patterns2)} to \`modules\`.`;
}
function noModulesText(skipped3, areExcluded) {
  if (skipped3.some(({ isIntended }) => isIntended !== true)) {
    return `None of the modules that were found can be used: nothing is cached or downloaded.`;
  }
  if (skipped3.some(({ why }) => why.startsWith("the go.work"))) {
    return `The go.work above uses none of the modules that were found: nothing is cached or downloaded.`;
  }
  if (areExcluded)
    return `Input \`modules\` excludes every module that was found: nothing is cached or downloaded.`;
  if (skipped3.length > 0) return `No go.mod in this checkout names a module: nothing is cached or downloaded.`;
  return `There is no go.mod in this checkout: nothing is cached or downloaded.`;
}
function noSumsText(labels) {
  return `go.sum is missing${listed(labels)}, so modules cannot be verified: nothing is downloaded, and cached modules are used only if a checksum database confirms them. Run \`go mod tidy\` and commit go.sum. If a later step of this job runs it, ignore this message.`;
}

// src/dependencies/check-tidy.ts
import * as path62 from "node:path";

// src/text/line-changes.ts
function lineChanges(before, after) {
  const remaining = /* @__PURE__ */ new Map();
  for (const text4 of linesOf(after)) remaining.set(text4, (remaining.get(text4) ?? 0) + 1);
  const removed = linesOf(before).flatMap((text4, index) => {
    const count = remaining.get(text4) ?? 0;
    if (count === 0) return [{ line: index + 1, text: text4 }];
    remaining.set(text4, count - 1);
    return [];
  });
  const added = [...remaining].flatMap(([text4, count]) => Array.from({ length: count }, () => text4));
  const isBlank = (text4) => text4 === "";
  const changes = {
    removed: removed.filter(({ text: text4 }) => !isBlank(text4)),
    added: added.filter((text4) => !isBlank(text4))
  };
  return changes.removed.length + changes.added.length === 0 ? void 0 : changes;
}
function linesOf(text4) {
  return text4.split("\n").map((line) => line.trim());
}

// src/dependencies/check-tidy.ts
var maxLines = 40;
async function findUntidy(root, options) {
  const findings = [];
  for (const module of root.modules) findings.push(...await checkModule(root, module, options));
  return findings;
}
async function checkModule(root, module, { env, retries, folder }) {
  const scratch2 = makePrivateDirectory(path62.join(folder, "tidy-"));
  const copies = { goMod: path62.join(scratch2, "go.mod"), goSum: path62.join(scratch2, "go.sum") };
  const [goMod, goSum] = [readText(module.goModFile) ?? "", readText(module.goSumFile) ?? ""];
  try {
    writeFile2(copies.goMod, goMod);
    writeFile2(copies.goSum, goSum);
    const ran = await runGo(["mod", "tidy", `-modfile=${copies.goMod}`], {
      cwd: module.directory,
      // `go mod tidy` works on one module; Go refuses -modfile in a workspace.
      env,
      set: { GOWORK: "off" },
      retries
    });
    if (ran.code !== 0) throw new GoCommandError("`go mod tidy` failed", root, ran);
    const found = [
      finding(root, module, module.goModFile, goMod, readText(copies.goMod) ?? ""),
      finding(root, module, module.goSumFile, goSum, readText(copies.goSum) ?? "")
    ];
    return found.flat();
  } finally {
    removeIfPossible(scratch2);
  }
}
function finding(root, module, file, before, after) {
  const changes = lineChanges(before, after);
  if (changes === void 0) return [];
  const shownFile = shownPath(root, file);
  const where = shownPath(root, module.directory);
  const lines2 = [
    ...changes.removed.map(({ line, text: text4 }) => `- ${text4}  (line ${line})`),
    ...changes.added.map((text4) => `+ ${text4}`)
  ];
  const counted2 = (verb, count) => count === 0 ? [] : [`${verb} ${count} ${count === 1 ? "line" : "lines"}`];
  const edits = [...counted2("remove", changes.removed.length), ...counted2("add", changes.added.length)];
  return [
    {
      what: `${shownFile} is not tidy: \`go mod tidy\` would ${edits.join(" and ")}`,
      allowed: "",
      fix: `Run \`go mod tidy\`${where === "." ? "" : ` in ${where}`}, and commit go.mod and go.sum.`,
      file: shownFile,
      ...changes.removed[0] === void 0 ? {} : { line: changes.removed[0].line },
      shown: firstLinesOf(lines2, maxLines)
    }
  ];
}
function shownPath(root, target) {
  const relative12 = path62.relative(root.directory, target).replaceAll(path62.sep, "/");
  return path62.posix.join(root.label, relative12) || ".";
}

// src/dependencies/check-vendor.ts
import * as path64 from "node:path";

// src/dependencies/vendor.ts
import * as path63 from "node:path";
function treeDrift(expected, actual) {
  const [expectedFiles, actualFiles] = [filesBelow(expected), filesBelow(actual)];
  const [expectedSet, actualSet] = [new Set(expectedFiles), new Set(actualFiles)];
  const changed = [];
  const lineEnds = [];
  for (const file of expectedFiles.filter((one) => actualSet.has(one))) {
    const [a, b] = [path63.join(expected, file), path63.join(actual, file)];
    const bytes = [a, b].map((one2) => lstat2(one2)?.isFile() === true ? readBytes(one2) : void 0);
    const [one, other] = bytes;
    if (one === void 0 || other === void 0) changed.push(file);
    else if (!one.equals(other))
      (withoutReturns(one).equals(withoutReturns(other)) ? lineEnds : changed).push(file);
  }
  return {
    changed,
    lineEnds,
    missing: expectedFiles.filter((file) => !actualSet.has(file)),
    extra: actualFiles.filter((file) => !expectedSet.has(file))
  };
}
function sameTree(expected, actual) {
  return hasNoDrift(treeDrift(expected, actual));
}
function hasNoDrift({ changed, lineEnds, missing: missing2, extra }) {
  return changed.length + lineEnds.length + missing2.length + extra.length === 0;
}
function withoutReturns(bytes) {
  return Buffer.from(bytes.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
}
async function vendorModules(root, options) {
  const seconds2 = elapsed();
  const target = path63.join(root.directory, "vendor");
  const scratch2 = makePrivateDirectory(path63.join(options.folder, "vendor-"));
  const stage = path63.join(scratch2, "new");
  try {
    await vendorInto(stage, root, options);
    const isNew = lstat2(target) === void 0;
    const changed = !sameTree(stage, target);
    if (changed) replace(target, stage, path63.join(scratch2, "old"));
    return { changed, isNew: changed && isNew, seconds: seconds2() };
  } finally {
    removeIfPossible(scratch2);
  }
}
function vendorCommand(root) {
  return root.goWork === void 0 ? "go mod vendor" : "go work vendor";
}
async function vendorInto(stage, root, { env, retries }) {
  const command = vendorCommand(root);
  const snapshot = snapshotFiles(root.files);
  try {
    const ran = await runGo([...command.split(" ").slice(1), "-o", stage], {
      cwd: root.directory,
      env,
      retries
    });
    if (ran.code !== 0) throw new GoCommandError(`\`${command}\` failed`, root, ran);
    const stale2 = snapshot.changed().filter((file) => /\.(?:mod|work)$/.test(file));
    if (stale2.length > 0)
      throw new GoCommandError(`\`${command}\` failed`, root, {
        ...ran,
        stderr: "go: updates to go.mod needed"
      });
  } finally {
    snapshot.restore();
  }
}
function replace(target, stage, backup) {
  const existed = lstat2(target) !== void 0;
  if (existed) moveTree(target, backup);
  try {
    if (isDirectory2(stage)) moveTree(stage, target);
  } catch (error3) {
    if (existed) moveTree(backup, target);
    throw error3;
  }
}
async function checkVendored(root, env) {
  const ran = await runGo(["list", "-m"], { cwd: root.directory, env });
  if (ran.code !== 0) throw new GoCommandError("The vendor directory cannot be used", root, ran);
}
async function offerVendorPatch(roots, reports, folder, { variables }) {
  const labels = new Set(reports.flatMap((report) => report.vendorChanged === true ? [report.label] : []));
  const changed = roots.filter(({ label }) => labels.has(label));
  const [first] = changed;
  if (first === void 0) return;
  const file = path63.join(makePrivateDirectory(path63.join(temporaryFolder(), "vendor-patch-")), "vendor.patch");
  const scratch2 = makePrivateDirectory(path63.join(folder, "patch-"));
  makeDirectory(path63.join(scratch2, "objects"));
  const folders = changed.map(({ directory: directory2 }) => path63.join(directory2, "vendor"));
  const fault = await writePatch(first.directory, folders, file, scratch2, variables);
  if (fault === void 0) setOutput2("vendor-patch", file);
  else info2(`The patch of the vendor directory could not be written: ${fault}`);
}

// src/dependencies/check-vendor.ts
var max = { files: 30, diffs: 3, lines: 6 };
async function findVendorDrift(root, options) {
  const scratch2 = makePrivateDirectory(path64.join(options.folder, "vendor-"));
  const [expected, actual] = [path64.join(scratch2, "new"), path64.join(root.directory, "vendor")];
  try {
    await vendorInto(expected, root, options);
    const drift = treeDrift(expected, actual);
    if (hasNoDrift(drift)) return [];
    const ignored = await ignoredFiles(actual, drift.missing, options.env.variables);
    const label = path64.posix.join(root.label, "vendor");
    return [
      {
        what: `${label} differs from the output of \`${vendorCommand(root)}\`: ${amounts(drift)}`,
        allowed: "",
        fix: [
          ...hints(drift, ignored, options.goVersion),
          ...lineEndingHints(label, drift.lineEnds, (file) => isFile(path64.join(actual, file))),
          fix(root)
        ].join(" "),
        file: path64.posix.join(label, "modules.txt"),
        shown: shown3(drift, expected, actual, label)
      }
    ];
  } finally {
    removeIfPossible(scratch2);
  }
}
function amounts({ changed, lineEnds, missing: missing2, extra }) {
  const counts = [
    [changed.length, "changed"],
    [missing2.length, "missing"],
    [extra.length, "unexpected"],
    [lineEnds.length, "with other line endings"]
  ];
  return counts.flatMap(([count, word3]) => count === 0 ? [] : [`${count} ${count === 1 ? "file" : "files"} ${word3}`]).join(", ");
}
function hints({ changed, missing: missing2, extra }, ignored, goVersion) {
  const only = changed.length === 1 && changed[0] === "modules.txt" && missing2.length + extra.length === 0;
  return [
    ...only ? [
      `Only modules.txt differs, so a Go other than ${goVersion} may have written it: use the same version.`
    ] : [],
    ...ignored.length > 0 ? [
      `Git ignores ${ignored.slice(0, 3).join(", ")}: remove that from .gitignore, or use \`git add --force\`.`
    ] : []
  ];
}
function lineEndingHints(label, files, exists2) {
  if (files.length === 0) return [];
  const pattern = `${label}/**`;
  const line = `${/\s/.test(pattern) ? JSON.stringify(pattern) : pattern} -text`;
  const own2 = files.flatMap(attributesAbove).find(exists2);
  return [
    `Git changed the line endings: add \`${line}\` to the .gitattributes at the top of the repository.`,
    "An existing checkout keeps them: remove it once.",
    ...own2 === void 0 ? [] : [
      `${label}/${own2} wins over that line, so also run \`git config --global core.autocrlf false\` and \`git config --global core.eol lf\` before the checkout.`
    ]
  ];
}
function attributesAbove(file) {
  const directories = file.split("/").slice(0, -1);
  return directories.map(
    (_, index) => [...directories.slice(0, directories.length - index), ".gitattributes"].join("/")
  );
}
function fix(root) {
  const where = root.label === "." ? "" : ` in ${root.label}`;
  return `Run \`${vendorCommand(root)}\`${where}, and commit the result.`;
}
function shown3(drift, expected, actual, label) {
  const name = (word3) => (file) => `${word3}: ${label}/${file}`;
  const files = [
    ...drift.changed.map(name("changed")),
    ...drift.missing.map(name("missing")),
    ...drift.extra.map(name("extra")),
    ...drift.lineEnds.map(name("other line endings"))
  ];
  const diffs = drift.changed.slice(0, max.diffs).flatMap((file) => {
    const changes = lineChanges(
      readText(path64.join(actual, file)) ?? "",
      readText(path64.join(expected, file)) ?? ""
    );
    const lines2 = [
      ...(changes?.removed ?? []).map(({ line, text: text4 }) => `  - ${text4}  (line ${line})`),
      ...(changes?.added ?? []).map((text4) => `  + ${text4}`)
    ];
    return [`${label}/${file}:`, ...lines2.slice(0, max.lines)];
  });
  return [...firstLinesOf(files, max.files), ...diffs];
}

// src/dependencies/download.ts
import * as path65 from "node:path";
async function markIncompleteExtractions(root, gomodcache, names) {
  const sums = recordedSums(sumsOf(root));
  for (const name of names) {
    const version3 = splitModuleVersion(name);
    const tree = path65.join(gomodcache, treeDirectory(version3));
    const prefix3 = path65.join(gomodcache, downloadPrefix(version3));
    if (!isDirectory2(tree) || isFile(`${prefix3}.ziphash`) || isFile(`${prefix3}.partial`)) continue;
    const hash = await treeHash(tree, name).catch(() => void 0);
    if (hash !== void 0 && sums.trees.get(name)?.has(hash)) continue;
    info2(`${name} in GOMODCACHE differs from go.sum and has no .ziphash file: replaced`);
    makeDirectory(path65.dirname(prefix3));
    writeFile2(`${prefix3}.partial`, "");
  }
}
var parallel2 = { GOMAXPROCS: "16" };
async function downloadMissing(root, options) {
  const seconds2 = elapsed();
  const snapshot = snapshotFiles(root.files);
  try {
    const zips = /* @__PURE__ */ new Set();
    const recordZips = (missing2) => {
      for (const name of missing2) if (isFile(zipOf(options.gomodcache, name))) zips.add(name);
    };
    const modules = await downloadByName(root, options, recordZips).catch((error3) => {
      if (error3 instanceof GoCommandError && lacksInfo(error3.output))
        return downloadImported(root, options, error3);
      throw error3;
    });
    return { modules, sources: sourcesOf(modules, options, zips), seconds: seconds2() };
  } finally {
    snapshot.restore();
  }
}
function sourcesOf(modules, { bundled, onlyFolders }, zips) {
  const sources = { bundle: 0, zips: 0, folder: 0, network: 0 };
  for (const name of modules) {
    if (bundled.has(name)) sources.bundle++;
    else if (zips.has(name)) sources.zips++;
    else if (onlyFolders) sources.folder++;
    else sources.network++;
  }
  return sources;
}
async function downloadByName(root, options, onMissing) {
  const missing2 = await findMissing(root, options);
  onMissing(missing2);
  await markIncompleteExtractions(root, options.gomodcache, missing2);
  for (const batch of inBatches(missing2)) {
    const ran = await runGo(["mod", "download", "--", ...batch], {
      cwd: root.directory,
      env: options.env,
      set: parallel2,
      retries: options.retries
    });
    if (ran.code !== 0) throw new GoCommandError("`go mod download` failed", root, ran);
  }
  return missing2;
}
async function downloadImported(root, { env, gomodcache, retries }, failure) {
  const missing2 = neededTrees(root).filter((name) => !isModuleCached(gomodcache, name));
  if (missing2.length === 0) return [];
  await markIncompleteExtractions(root, gomodcache, missing2);
  const ran = await runGo(["list", "-mod=readonly", "all"], {
    cwd: root.directory,
    env,
    set: parallel2,
    retries
  });
  if (ran.code !== 0) throw failure;
  return missing2.filter((name) => isModuleCached(gomodcache, name));
}
async function findMissing(root, { env, gomodcache, zips, retries }) {
  const hashed2 = hashedTrees(root);
  if (hashed2.size === 0) return [];
  const ran = await runGo(["list", "-m", "-e", "-mod=readonly", "-f", listTemplate, "all"], {
    cwd: root.directory,
    env,
    set: parallel2,
    retries
  });
  if (ran.code !== 0 && lacksSum(ran.stderr)) {
    return neededTrees(root).filter((name) => !isModuleCached(gomodcache, name));
  }
  if (ran.code !== 0) throw new GoCommandError("The modules could not be listed", root, ran);
  const listed3 = parseBuildList(ran.stdout).map((module) => ({
    ...module,
    present: module.present && !(zips && !isFile(zipOf(gomodcache, module.fetched)))
  }));
  return modulesToDownload(listed3, { hashed: hashed2, required: requiredPaths(root) });
}
function zipOf(gomodcache, name) {
  return path65.join(gomodcache, `${downloadPrefix(splitModuleVersion(name))}.zip`);
}
async function checkSumsComplete(root, { env, retries }) {
  if (modulesWithoutSum(root).length === 0) return;
  const ran = await runGo(["list", "-mod=readonly", "-deps", "./..."], {
    cwd: root.directory,
    env,
    retries
  });
  if (ran.code !== 0 && lacksSum(ran.stderr)) {
    throw new GoCommandError("go.sum is missing hashes that a build needs", root, ran);
  }
}

// src/dependencies/plan.ts
function isUnverifiable({ dependencies }, root) {
  return hasNoSums(root) && dependencies !== "none" && !(root.vendored && dependencies === "auto");
}
function planDependencies(inputs, roots, hasModuleCache2 = true) {
  return roots.map((root) => {
    const decided = decide(inputs.dependencies, root);
    if (decided.action !== "download" || hasModuleCache2) return { root, ...decided };
    return {
      root,
      action: "nothing",
      why: "nothing downloaded, Go has no directory for modules: set GOMODCACHE"
    };
  });
}
var noSums = "nothing downloaded, because there is no go.sum to verify downloads";
function decide(requested, root) {
  if (requested === "none") return { action: "nothing", why: "input `dependencies` is none" };
  if (requested === "vendor" && (hasDependencies(root) || root.vendored))
    return { action: "vendor", why: "input `dependencies` is vendor" };
  if (!hasDependencies(root)) return { action: "nothing", why: "no dependencies" };
  if (isUnverifiable({ dependencies: requested }, root))
    return { action: "nothing", why: noSums, lacksSums: true };
  if (root.vendored && requested === "auto")
    return { action: "check", why: "vendored, so builds need no module cache" };
  return { action: "download", why: "builds need them" };
}
var nothingMissing = "nothing was missing";
function fetchedText({ network, bundle, folder, zips }, noun = "") {
  const counts = [
    [network, "downloaded"],
    [bundle, "taken from the bundle"],
    [folder, "taken from the folder in GOPROXY"],
    [zips, "unpacked from zips in the module cache"]
  ];
  const [first, ...others] = counts.filter(([count]) => count > 0);
  if (first === void 0) return "";
  const what = noun === "" ? "" : first[0] === 1 ? "module " : `${noun} `;
  return [`${first[0]} ${what}${first[1]}`, ...others.map(([count, words2]) => `${count} ${words2}`)].join(", ");
}
function isVendored2({ vendored }) {
  return vendored;
}

// src/dependencies/dependencies.ts
async function checkCheckout({ inputs, roots, go: go2, env }, folder, timeline2) {
  const findings = [];
  const options = { env, retries: inputs.retries, folder, goVersion: go2.env.GOVERSION ?? "" };
  if (inputs["check-vendor"]) {
    await timeline2.time("check vendored files", async () => {
      for (const root of roots.filter(isVendored2)) findings.push(...await findVendorDrift(root, options));
    });
  }
  if (inputs["check-tidy"]) {
    await timeline2.time("check tidiness", async () => {
      for (const root of roots) findings.push(...await findUntidy(root, options));
    });
  }
  if (findings.length > 0) throw new UserError(findings);
  if (inputs["check-vendor"]) info2("Vendored files match go.mod (input `check-vendor`)");
  if (inputs["check-tidy"]) info2("go.mod and go.sum are tidy (input `check-tidy`)");
}
var noSources = { bundle: 0, zips: 0, folder: 0, network: 0 };
var noFetching = "nothing downloaded: `offline: strict` uses only modules on this machine";
var noHashes = "nothing downloaded, go.sum holds no hash of any module: run `go mod tidy`";
async function fetchDependencies(plans, options, time, onReport) {
  const skipped3 = /* @__PURE__ */ new Map();
  for (const plan of plans) {
    const { root } = plan;
    try {
      const report = await fetchOne(plan, options, time);
      if (report !== void 0) onReport({ label: root.label, ...report });
    } catch (error3) {
      const isFileError = error3 instanceof GoCommandError && isCausedByFiles(error3.output);
      if (!isFileError || !options.maySkip || root.found === void 0) throw error3;
      skipped3.set(root, error3.reason);
      onReport({ label: root.label, text: "skipped", fetched: [] });
    }
  }
  return skipped3;
}
async function fetchOne({ root, action, why, lacksSums }, options, time) {
  const where = root.label === "." ? "" : ` of ${root.label}`;
  if (action === "nothing") {
    return hasDependencies(root) ? { text: why, fetched: [], ...lacksSums && { lacksHashes: true } } : void 0;
  }
  if (root.vendored && action !== "vendor") {
    await time(`check vendor${where}`, () => checkVendored(root, options.env));
    if (action === "check") return { text: why, fetched: [] };
  }
  const { modules, sources, seconds: seconds2 } = options.fetches ? await time(`download${where}`, () => downloadMissing(root, options)) : { modules: [], sources: noSources, seconds: 0 };
  const hasHashes = hashedTrees(root).size > 0;
  const outcomeText = options.fetches ? downloadText(sources, seconds2) : noFetching;
  const fetched = hasHashes ? outcomeText : noHashes;
  const report = { fetched: modules, sources, ...hasHashes ? {} : { lacksHashes: true } };
  if (action === "download") {
    if (!options.addsSums && options.fetches) await checkSumsComplete(root, options);
    return { ...report, text: fetched };
  }
  const vendored = await time(`vendor${where}`, () => vendorModules(root, options));
  const outcome = !vendored.changed ? "was up to date" : vendored.isNew ? "created" : "rewritten";
  const text4 = `${fetched}; vendor ${outcome} in ${secondsText(vendored.seconds)}`;
  return { ...report, text: text4, vendorChanged: vendored.changed, ...vendored.isNew && { vendorIsNew: true } };
}
function downloadText(sources, seconds2) {
  const text4 = fetchedText(sources);
  return text4 === "" ? nothingMissing : `${text4} in ${secondsText(seconds2)}`;
}

// src/dependencies/deps-lock.ts
import * as path66 from "node:path";

// src/dependencies/deps-lock-file.ts
var InvalidDepsLock = class extends ActionError {
  /** The line of the error, counted from 1. */
  line;
  constructor(message, line) {
    super("invalid-deps-lock", message);
    this.line = line;
  }
};
var version2 = 1;
var title = "# go-deps-action deps-lock";
var header = [`${title} v${version2}`, "# module, version, hash, direct or indirect, and what replaces it"];
function lockRoot(root, vendor) {
  const isComplete = root.goWork === void 0 && requiredPaths(root) !== void 0;
  const modules = vendor === void 0 || isComplete ? fromGoMods(root) : fromVendor(root, vendor);
  const byKey = /* @__PURE__ */ new Map();
  for (const module of modules) {
    const key = moduleVersionName(module);
    if (module.kind === "direct" || !byKey.has(key)) byKey.set(key, module);
  }
  return { label: root.label, modules: [...byKey.values()].sort(compareModules2) };
}
function renderLock(roots) {
  const sections = roots.toSorted((a, b) => compareText2(a.label, b.label)).map(({ label, modules }) => [`
[${label}]`, ...modules.map(lineOf)].join("\n"));
  return `${header.join("\n")}
${sections.join("\n")}
`;
}
function parseLock(text4) {
  const lines2 = text4.replace(/^\uFEFF/, "").split(/\r?\n/);
  const [, format2] = /^# go-deps-action deps-lock v(\d+)$/.exec(lines2[0] ?? "") ?? [];
  if (format2 === void 0) throw new InvalidDepsLock(`its first line is not "${title} v${version2}"`, 1);
  if (Number(format2) !== version2) {
    throw new InvalidDepsLock(
      `it has format v${format2}, but this version of the action supports only v${version2}`,
      1
    );
  }
  const roots = [];
  const found = /* @__PURE__ */ new Map();
  for (const [index, line] of lines2.entries()) {
    const number = index + 1;
    if (/^(?:<<<<<<<|=======|>>>>>>>)/.test(line))
      throw new InvalidDepsLock("it contains a merge conflict", number);
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, label] = /^\[(.+)\]$/.exec(line) ?? [];
    const [, ...fields] = /^(\S+) (\S+) (-|h1:\S+) (direct|indirect)(?: => (\S.*))?$/.exec(line) ?? [];
    const root = roots.at(-1);
    if (label !== void 0) {
      roots.push({ label, modules: [] });
      found.set(label, number);
    } else if (fields.length > 0 && root !== void 0) {
      const [path82 = "", moduleVersion2 = "", h1 = "", kind, replacement = ""] = fields;
      const module = { path: path82, version: moduleVersion2, h1, kind, replacement };
      root.modules.push(module);
      found.set(lineKey(root.label, module), number);
    } else {
      throw new InvalidDepsLock(`"${line.slice(0, 80)}" is neither a module nor a directory`, number);
    }
  }
  return { roots, lines: found };
}
function lineKey(label, module) {
  return `${label} ${moduleVersionName(module)}`;
}
function lineOf({ path: path82, version: moduleVersion2, h1, kind, replacement }) {
  return `${path82} ${moduleVersion2} ${h1} ${kind}${replacement === "" ? "" : ` => ${replacement}`}`;
}
function fromGoMods(root) {
  const hashOf2 = hashes2(root);
  const own2 = ownPaths(root);
  const required2 = resolvedRequirements(root).filter(({ path: path82 }) => !own2.has(path82)).map(({ path: path82, version: moduleVersion2, indirect, replacement, fetched }) => ({
    path: path82,
    version: moduleVersion2,
    h1: fetched === void 0 ? "-" : hashOf2(fetched),
    kind: indirect ? "indirect" : "direct",
    replacement: replacement === void 0 ? "" : replacementText(replacement.newPath, replacement.newVersion)
  }));
  if (root.modules.every(({ goMod }) => compareGoVersions(goMod.go ?? "1.16", "1.17") >= 0)) return required2;
  const listed3 = /* @__PURE__ */ new Set([
    ...required2.map(moduleVersionName),
    ...resolvedRequirements(root).flatMap(({ fetched }) => fetched ?? [])
  ]);
  const more = sumsOf(root).flatMap(({ trees }) => trees.map(moduleVersionName)).filter((name) => !listed3.has(name)).map((name) => ({
    ...splitModuleVersion(name),
    h1: hashOf2(name),
    kind: "indirect",
    replacement: ""
  }));
  return [...required2, ...more];
}
function fromVendor(root, vendor) {
  const hashOf2 = hashes2(root);
  const own2 = ownPaths(root);
  const direct = new Set(
    root.modules.flatMap(
      ({ goMod }) => goMod.require.flatMap(({ path: path82, indirect }) => indirect ? [] : path82)
    )
  );
  return vendor.modules.flatMap((module) => {
    const { path: path82, version: moduleVersion2, replacement } = module;
    if (moduleVersion2 === void 0 || own2.has(path82)) return [];
    const target = replacement ?? { path: path82, version: moduleVersion2 };
    const isDirectory3 = target.version === void 0;
    return [
      {
        path: path82,
        version: moduleVersion2,
        h1: isDirectory3 ? "-" : hashOf2(`${target.path}@${target.version}`),
        kind: direct.has(path82) ? "direct" : "indirect",
        replacement: replacement === void 0 ? "" : replacementText(replacement.path, replacement.version)
      }
    ];
  });
}
function ownPaths({ goWork, modules }) {
  return new Set(goWork === void 0 ? [] : modules.map(({ goMod }) => goMod.module));
}
function hashes2(root) {
  const byName = /* @__PURE__ */ new Map();
  for (const sum2 of sumsOf(root).flatMap(({ trees }) => trees)) {
    const name = moduleVersionName(sum2);
    byName.set(name, (byName.get(name) ?? /* @__PURE__ */ new Set()).add(sum2.h1));
  }
  return (name) => [...byName.get(name) ?? ["-"]].sort().join(",");
}
function replacementText(newPath, newVersion) {
  if (newVersion !== void 0) return `${newPath} ${newVersion}`;
  return isLocalReplacement(newPath) ? newPath.replaceAll("\\", "/") : newPath;
}
function compareModules2(a, b) {
  return compareText2(a.path, b.path) || compareText2(a.version, b.version);
}
function compareText2(a, b) {
  return a < b ? -1 : Number(a > b);
}
function lockChanges(list6, actual) {
  const byLabel = (roots) => new Map(roots.map((root) => [root.label, root.modules]));
  const [before, after] = [byLabel(list6.roots), byLabel(actual)];
  return [.../* @__PURE__ */ new Set([...before.keys(), ...after.keys()])].sort().flatMap((label) => {
    const lineAt2 = (module) => (module && list6.lines.get(lineKey(label, module))) ?? list6.lines.get(label) ?? 1;
    const where = label === "." ? "" : ` in ${label}`;
    const changes = compare(before.get(label) ?? [], after.get(label) ?? [], where, lineAt2);
    if (changes.length > 0 || before.has(label) === after.has(label)) return changes;
    const kind = after.has(label) ? "added" : "removed";
    const shown4 = [`${kind === "added" ? "+" : "-"} [${label}]`];
    return [{ kind, text: `the directory ${label}`, shown: shown4, line: lineAt2() }];
  });
}
function compare(before, after, where, lineAt2) {
  const same2 = new Set(after.map(lineOf).filter((line) => before.some((module) => lineOf(module) === line)));
  const [removed, added] = [before, after].map((all) => byPath(all.filter((one) => !same2.has(lineOf(one)))));
  const paths = [.../* @__PURE__ */ new Set([...removed?.keys() ?? [], ...added?.keys() ?? []])].sort();
  return paths.flatMap((path82) => {
    const [from = [], to = []] = [removed?.get(path82), added?.get(path82)];
    const [old, now2] = [from[0], to[0]];
    if (from.length === 1 && to.length === 1 && old !== void 0 && now2 !== void 0) {
      const shown4 = [`- ${lineOf(old)}`, `+ ${lineOf(now2)}`];
      return [{ kind: "changed", text: `${path82}${where}: ${difference(old, now2)}`, shown: shown4, line: lineAt2(old) }];
    }
    return [
      ...from.map((module) => ({
        kind: "removed",
        text: `${module.path} ${module.version}${where}`,
        shown: [`- ${lineOf(module)}`],
        line: lineAt2(module)
      })),
      ...to.map((module) => ({
        kind: "added",
        text: `${module.path} ${module.version}${where}`,
        shown: [`+ ${lineOf(module)}`],
        line: lineAt2()
      }))
    ];
  });
}
function difference(old, now2) {
  if (old.version !== now2.version) return `${old.version} in the list, ${now2.version} now`;
  if (old.replacement !== now2.replacement) {
    const text4 = ({ replacement }) => replacement === "" ? "not replaced" : `replaced by ${replacement}`;
    return `${old.version} is ${text4(old)} in the list, and ${text4(now2)} now`;
  }
  if (old.h1 !== now2.h1) return `${old.version} has the hash ${old.h1} in the list, and ${now2.h1} now`;
  return `${old.version} is ${old.kind} in the list, and ${now2.kind} now`;
}
function byPath(modules) {
  const found = /* @__PURE__ */ new Map();
  for (const module of modules) found.set(module.path, [...found.get(module.path) ?? [], module]);
  return found;
}

// src/dependencies/deps-lock.ts
var maxAnnotations = 9;
var maxLines2 = 200;
function lockProblems({ "deps-lock": name, "deps-lock-mode": mode }, { workspace, roots }) {
  const file = path66.resolve(workspace, name);
  const shown4 = path66.relative(workspace, file).replaceAll(path66.sep, "/");
  const fault = outputPathFault(workspace, file);
  if (fault !== void 0)
    return [problem3(`Input \`deps-lock\` is ${JSON.stringify(name)}, but ${fault}`, pathFix)];
  if (roots.length === 0) {
    const fix2 = "Put `actions/checkout` first, set `working-directory` to the directory of the module, or remove the input.";
    return [problem3(`Input \`deps-lock\` is ${JSON.stringify(name)}, but this checkout has no go.mod`, fix2)];
  }
  const text4 = readText(file);
  if (text4 === void 0) {
    if (mode === "write") return [];
    return [problem3(`Input \`deps-lock\` is ${JSON.stringify(name)}, but that file does not exist`, writeFix)];
  }
  try {
    const list6 = parseLock(text4);
    return mode === "write" ? [] : differences(list6, lockedRoots(roots), shown4);
  } catch (error3) {
    if (!(error3 instanceof InvalidDepsLock)) throw error3;
    const fix2 = mode === "write" ? "The action does not overwrite it: set `deps-lock` to another file, or remove this one." : "Restore the file from git, or remove it and write a new list with `deps-lock-mode: write`.";
    return [
      {
        ...problem3(`${shown4} is not a valid list for \`deps-lock\`: ${error3.message}`, fix2),
        file: shown4,
        line: error3.line
      }
    ];
  }
}
function writeLock({ "deps-lock": name }, { workspace, roots }) {
  const file = path66.resolve(workspace, name);
  const locked = lockedRoots(roots);
  const text4 = renderLock(locked);
  const before = readText(file);
  const count = locked.reduce((sum2, { modules }) => sum2 + modules.length, 0);
  if (before?.replaceAll("\r\n", "\n") === text4) {
    info2(`${name} already lists all ${count} modules (input \`deps-lock\`)`);
    return;
  }
  replaceFile(file, text4);
  info2(`${name} now lists ${count} modules (input \`deps-lock\`)`);
}
var pathFix = "Name one file, relative to the root of the checkout, such as `deps.txt`.";
var writeFix = "Write it with `deps-lock-mode: write`, and commit it.";
function problem3(what, fix2) {
  return { what, allowed: "", fix: fix2 };
}
function lockedRoots(roots) {
  return roots.map((root) => {
    const file = path66.join(root.directory, "vendor", "modules.txt");
    const text4 = root.vendored ? readText(file) : void 0;
    return lockRoot(root, text4 === void 0 ? void 0 : parseVendorModules(text4, file));
  });
}
function differences(list6, actual, shown4) {
  const changes = lockChanges(list6, actual);
  if (changes.length === 0) return [];
  const counts = ["added", "removed", "changed"].flatMap((kind) => {
    const count = changes.filter((change) => change.kind === kind).length;
    return count === 0 ? [] : `${count} ${kind}`;
  });
  const lines2 = changes.flatMap((change) => change.shown);
  return [
    {
      ...problem3(
        `${shown4} differs from the module files: ${counts.join(", ")}`,
        "Check each difference. If all are intended, write a new list with `deps-lock-mode: write`, and commit it."
      ),
      file: shown4,
      shownAs: `How ${shown4} differs: - is in the list, + is in the module files`,
      shown: firstLinesOf(lines2, maxLines2)
    },
    ...changes.slice(0, maxAnnotations).map((change) => annotation(change, shown4))
  ];
}
function annotation({ kind, text: text4, line }, shown4) {
  const fix2 = kind === "added" ? "The list does not contain it." : "That line of the list is outdated.";
  return { ...problem3(`${kind}: ${text4}`, fix2), file: shown4, line };
}

// src/report/headline.ts
function headline(facts) {
  const reused = [...facts.vendored ? ["vendored"] : [], ...reusedTexts(facts)];
  const isNamed = reused.some((text4) => text4.endsWith(" reused"));
  const texts = [...reused, ...fetchedTexts(facts, isNamed ? "" : "modules"), ...timeTexts(facts)];
  return texts.length === 0 ? "nothing downloaded" : texts.join(", ");
}
function reusedTexts({ caches, needed, dependencies }) {
  const wanted = caches.filter(({ plan }) => plan.wanted);
  if (wanted.length === 0) {
    return [
      caches.every(({ plan }) => plan.wanted || plan.expected === true) ? "no cache is needed" : "caches off"
    ];
  }
  if (wanted.every(({ outcome }) => outcome === void 0)) return ["nothing restored"];
  const fetched = new Set(dependencies.flatMap((report) => report.fetched));
  const reused = needed.filter((name) => !fetched.has(name)).length;
  const build = wanted.find(({ name }) => name === "build");
  if (wanted.every(isMiss)) return wanted.some(hasError) ? [] : ["no cache entry yet"];
  const modules = reused === 0 ? [] : [
    `${percentText(reused, needed.length)} of ${needed.length} ${needed.length === 1 ? "module" : "modules"} reused`
  ];
  if (build?.outcome === void 0 || hasError(build)) return modules;
  if (isMiss(build)) return [...modules, "no build cache entry yet"];
  return modules.length > 0 ? modules : [`build cache ${build.outcome.found}`];
}
function fetchedTexts({ caches, needed, dependencies }, noun) {
  const sources = dependencies.flatMap((report) => report.sources ?? []);
  const sum2 = (name) => sources.reduce((total3, source) => total3 + source[name], 0);
  const text4 = fetchedText(
    { network: sum2("network"), bundle: sum2("bundle"), folder: sum2("folder"), zips: sum2("zips") },
    noun
  );
  const toolchain = caches.some((cache) => cache.name === "toolchain" && isMiss(cache) && !hasError(cache)) ? ["Go toolchain downloaded"] : [];
  if (text4 !== "" || toolchain.length > 0) return [...text4 === "" ? [] : [text4], ...toolchain];
  return needed.length > 0 && sources.length > 0 ? ["nothing downloaded"] : [];
}
function timeTexts({ caches }) {
  const seconds2 = caches.flatMap(
    ({ outcome }) => outcome === void 0 || outcome.found === "miss" || outcome.alreadyCached ? [] : [outcome.seconds]
  );
  return seconds2.length === 0 ? [] : [`restored in ${secondsText(Math.max(...seconds2))}`];
}
function isMiss({ outcome }) {
  return outcome?.found === "miss";
}
function hasError({ outcome }) {
  return (outcome?.error ?? "") !== "";
}
function isWarm({ caches, dependencies }) {
  const wanted = caches.filter(({ plan }) => plan.wanted);
  return wanted.length > 0 && wanted.every(({ outcome, wrong = [] }) => outcome?.found === "exact" && wrong.length === 0) && dependencies.every(
    ({ fetched, lacksHashes, vendorChanged: vendorChanged2 }) => fetched.length === 0 && lacksHashes !== true && vendorChanged2 !== true
  );
}

// src/report/markdown.ts
var longest5 = 200;
var longestInBlock = 500;
function escaped2(text4, most2 = longest5) {
  return atStart(references(shortened(text4, most2)));
}
function prose(text4, most2 = longest5) {
  const pieces2 = shortened(text4, most2).split(/(`[^`]*[^`\s][^`]*`)/).flatMap(
    (piece, index) => index % 2 === 1 ? span(piece.slice(1, -1).trim()) : piece.split(/( )/).map(word2)
  ).filter((piece) => piece !== "");
  const apart = (all, piece) => all.endsWith("`") && piece.startsWith("`") ? `${all} ` : all;
  return atStart(pieces2.reduce((all, piece) => `${apart(all, piece)}${piece}`, ""));
}
function lines(text4, most2) {
  return shortenedTo(text4, most2).split(/[\r\n]+/).map((line) => prose(line, most2)).filter((line) => line !== "").join("<br>");
}
function code(text4) {
  return span(shortened(text4, longest5));
}
function block(texts) {
  const shown4 = texts.map((text4) => shortenedTo(cleaned(text4).trimEnd(), longestInBlock));
  const fence = fenceFor(shown4.join("\n"), 3);
  return [`${fence}text`, ...shown4, fence];
}
function unbroken(text4) {
  return text4.replaceAll(" ", "&nbsp;");
}
function table(columns2, rows) {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  return [
    row(columns2.map(([head]) => head)),
    row(columns2.map(([, align]) => align === "right" ? "--:" : ":--")),
    ...rows.map(row)
  ];
}
function folded2(title2, body) {
  return ["<details>", `<summary>${title2}</summary>`, "", ...body, "", "</details>"];
}
function document(sections, most2) {
  const texts = sections.filter((section) => section.length > 0).map((section) => `${section.join("\n")}
`);
  const bytes = (count2) => Buffer.byteLength(texts.slice(0, count2).join("\n"));
  let count = texts.length;
  while (count > 1 && bytes(count) > most2) count--;
  return texts.slice(0, count).join("\n");
}
function word2(text4) {
  const [, before = "", core = "", after = ""] = /^([("'“]*)(.*?)([)"'”.,;:!?]*)$/.exec(text4) ?? [];
  return /@|:\/\/|www\.|:\w/i.test(core) ? `${references(before)}${span(core)}${references(after)}` : references(text4);
}
function references(text4) {
  return text4.replaceAll(/[&<>|`*_[\]#\\~$!@]|:(?=\/\/)|(?<=www)\./gi, reference);
}
function atStart(text4) {
  return text4.replace(/^[-+=]/, reference).replace(/^(\d+)([.)])(?= |$)/, (_, digits, mark) => digits + reference(mark));
}
function reference(character) {
  return `&#${character.codePointAt(0)};${character === "@" ? "&#8288;" : ""}`;
}
function span(text4) {
  if (text4 === "") return "";
  const fence = fenceFor(text4, 1);
  const blank = text4.startsWith("`") || text4.endsWith("`") ? " " : "";
  return `${fence}${blank}${text4}${blank}${fence}`;
}
function fenceFor(text4, least2) {
  const runs = text4.match(/`+/g) ?? [];
  return "`".repeat(Math.max(least2, ...runs.map((run2) => run2.length + 1)));
}
function shortened(text4, most2) {
  return shortenedTo(cleaned(text4).replaceAll(/ +/g, " ").trim(), most2).trim();
}
function cleaned(text4) {
  return text4.toWellFormed().replaceAll(/[\p{Cc}\p{Bidi_Control}\s]/gu, " ");
}
function shortenedTo(text4, most2) {
  return text4.length <= most2 ? text4 : `${text4.slice(0, most2 - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

// src/report/summary-caches.ts
var meanings = {
  modules: {
    "module graph": "go.mod or go.sum changed, so new modules are downloaded",
    "job result": "the job that saved it failed, so missing modules are downloaded"
  },
  build: {
    paths: "the directories differ, so most packages are recompiled",
    job: "it is from another job or matrix leg, and packages that both compile are reused",
    "module graph": "the dependencies changed, so they and the packages that import them are recompiled",
    source: "the code changed, so changed packages are recompiled"
  },
  toolchain: {}
};
var missing = {
  modules: "nothing was saved in this repository yet, or it was evicted",
  build: "nothing was saved for this system, Go version and environment yet, or it was evicted",
  toolchain: "nothing was saved for this Go version yet, or it was evicted"
};
var mostChanges2 = 50;
var reasonLength = 400;
var leastSeconds = 0.05;
function cacheList({
  caches,
  vendored
}) {
  return shownCaches(caches).map((cache) => {
    const isForChecks = vendored && cache.name === "modules" && cache.plan.wanted;
    const result = isForChecks ? `only for the checks of this step, ${resultWord(cache)}` : resultWord(cache);
    const texts = [result, ...amounts2(cache.outcome)].join(", ");
    const why = reason2(cache);
    return reasonLine(cache.name, why === "" ? texts : `${texts}: ${why}`);
  });
}
function moduleChanges(caches) {
  const lines2 = caches.flatMap(
    ({ changes }) => changes === void 0 ? [] : changeLines(changes, mostChanges2)
  );
  return lines2.length === 0 ? [] : folded2("Modules that differ from the entry", block(lines2));
}
function keys(caches) {
  const texts = caches.flatMap(({ name, plan, outcome }) => {
    if (!plan.wanted) return [];
    const matched = outcome?.matched ?? "";
    const verb = outcome?.lookedUp ? "found" : "restored";
    return [titles[name], ...keyLines(plan.key), ...matched === "" ? [] : [`${verb}: ${matched}`], ""];
  });
  return texts.length === 0 ? [] : folded2("Cache keys", block(texts.slice(0, -1)));
}
function secondsCell(seconds2) {
  return unbroken(secondsText(seconds2));
}
function reasonLine(name, text4) {
  return `- **${titles[name]}**: ${prose(text4, reasonLength)}`;
}
function shownCaches(caches) {
  return caches.filter(({ name, plan }) => name !== "toolchain" || plan.wanted);
}
function resultWord({ plan, outcome }) {
  if (!plan.wanted) return plan.expected === true ? "not needed" : "off";
  if (outcome?.alreadyCached) return "not requested";
  return outcome?.found ?? "not restored";
}
function reason2(report) {
  const { name, plan, outcome } = report;
  if (outcome?.alreadyCached && outcome.found === "partial") return "most modules are on this machine already";
  if (!plan.wanted || outcome === void 0 || outcome.alreadyCached) return restoreDetail(report);
  if (outcome.found === "miss") return outcome.error || missing[name];
  const match3 = matchKey(plan.key, outcome.matched);
  if (match3.kind === "exact") return [restoreDetail(report), ...wrongText2(report)].join("; ");
  const meaning = meanings[name][match3.differs.name];
  const modules = report.changes === void 0 ? "" : changesText(report.changes);
  const details = [meaning ?? "", modules, ...wrongText2(report)].filter((text4) => text4 !== "").join("; ");
  return `differs in \`${match3.differs.name}\`${details === "" ? "" : `: ${details}`}`;
}
function wrongText2({ wrong = [] }) {
  const count = new Set(wrong.map(({ name }) => name)).size;
  if (count === 0) return [];
  return [
    `${count === 1 ? "1 module does" : `${count} modules do`} not match the recorded hashes and ${count === 1 ? "was" : "were"} discarded`
  ];
}
function amounts2({
  bytes = 0,
  seconds: seconds2 = 0,
  found = "miss",
  transfer
} = {}) {
  if (found === "miss" || bytes === 0) return [];
  return [
    `${bytesText(bytes)} stored`,
    ...seconds2 >= leastSeconds ? [`restored in ${secondsText(seconds2)}`] : [],
    ...seconds2 >= leastSeconds && transfer !== void 0 ? [rateText(transfer)] : []
  ];
}

// src/report/summary.ts
var width = 20;
var least = 0.05;
var maxTimelineRows = 12;
var columns = [
  ["step", "left"],
  ["time", "right"]
];
function timelineTable(spans) {
  const noted = spans.filter((span2) => seconds(span2) >= least);
  if (noted.length === 0) return [];
  const longest7 = new Set([...noted].sort((a, b) => seconds(b) - seconds(a)).slice(0, maxTimelineRows));
  const total3 = Math.max(...noted.map((span2) => span2.to));
  const rows = noted.filter((span2) => longest7.has(span2)).map((span2) => [`${escaped2(span2.what, 60)}<br>\`${bar(span2, total3)}\``, secondsCell(seconds(span2))]);
  const more = noted.length - rows.length;
  return table(columns, [
    ...rows,
    ...more > 0 ? [[`and ${more} shorter`, ""]] : [],
    ["**total**", `**${secondsCell(total3)}**`]
  ]);
}
function seconds({ from, to }) {
  return to - from;
}
function bar({ from, to }, total3) {
  const start = Math.min(width - 1, Math.floor(from / total3 * width));
  const end = Math.max(start + 1, Math.round(to / total3 * width));
  return `${"▁".repeat(start)}${"█".repeat(end - start)}${"▁".repeat(width - end)}`;
}
var mostBytes = 2e5;
var most = {
  failures: 10,
  openPlaces: 5,
  places: 30,
  dependencies: 20,
  modules: 50,
  variables: 20,
  planned: 500
};
var length2 = { failure: 2e3, advice: 600 };
var subject = "Go dependencies";
var failedHeading = [`### ❌ ${subject}: failed`];
function storeLine({ store: store2 = "" }) {
  return store2 === "" ? [] : [`- **Cache store**: ${prose(store2)}`];
}
function mainSummary(report) {
  const { caches, failures } = report;
  const tips = advice(report);
  const more = [...storeLine(report), ...dependencyList(report), ...savingLine(report)];
  const isShort = failures.length === 0 && isWarm(report);
  const details = [...cacheList(report), ...more];
  return document(
    [
      failures.length > 0 ? failedHeading : heading2(headline(report), caches),
      failureList(failures),
      foundLines(report),
      foldedPlaces(report),
      [...isShort ? [] : details, ...bundleLine(report), ...offlineLine(report), ...noticeLines(report)],
      moduleChanges(caches),
      fetchedModules(report),
      ...titled(
        "Next steps",
        tips.map((text4) => `- ${prose(text4, length2.advice)}`)
      ),
      isShort && details.length > 0 ? folded2("Caches", details) : [],
      timeline(report),
      exportedVariables(report),
      keys(caches)
    ],
    mostBytes
  );
}
function planSummary(planned) {
  return document(
    [[`### ${subject}: dry run, nothing was done`], block(planned.slice(0, most.planned))],
    mostBytes
  );
}
function nothingSummary(why) {
  return document([[`### ${subject}: nothing to do`], [prose(why)]], mostBytes);
}
function failureSummary(failures) {
  return document([failedHeading, failureList(failures)], mostBytes);
}
function lookupSummary(caches, failures) {
  const result = failures.length > 0 ? failedHeading : heading2("only looked up", caches);
  return document(
    [result, failureList(failures), cacheList({ caches, vendored: false }), keys(caches)],
    mostBytes
  );
}
function heading2(result, caches) {
  const hasCacheError = caches.some(({ outcome }) => (outcome?.error ?? "") !== "");
  if (!hasCacheError) return [`### ${subject}: ${result}`];
  return [`### ⚠️ ${subject}: ${[result, "the cache did not work"].filter((text4) => text4 !== "").join("; ")}`];
}
function failureList(failures) {
  return listed2(most.failures, failures, (failure) => lines(failure, length2.failure));
}
function foundLines({ go: go2, roots }) {
  const version3 = `**Go**: ${escaped2(go2.version.replace(/^go/, ""))}, ${prose(go2.origin)}`;
  if (roots.length === 0 || roots.length > most.openPlaces) return [version3];
  return [`${version3}<br>`, `**Found**: ${roots.map(place).join(", ")}`];
}
function foldedPlaces({ roots }) {
  if (roots.length <= most.openPlaces) return [];
  return folded2(`Found ${roots.length} modules and workspaces`, listed2(most.places, roots, place));
}
function place({ label, what }) {
  const shown4 = what.includes(" ") ? prose(what) : code(what);
  return label === "." ? shown4 : `${shown4} in ${code(label)}`;
}
function dependencyList({ dependencies }) {
  const isCovered = dependencies.every(({ text: text4 }) => text4 === nothingMissing);
  return listed2(most.dependencies, isCovered ? [] : dependencies, ({ label, text: text4 }) => {
    const where = label === "." ? "" : ` of ${code(label)}`;
    return `**Dependencies**${where}: ${prose(text4)}`;
  });
}
function offlineLine({ offline }) {
  return offline === void 0 ? [] : [`- **Offline**: ${prose(offline)}`];
}
function bundleLine({ bundle }) {
  return bundle === void 0 ? [] : [`- **Bundle**: ${prose(bundleWrittenText(bundle).replace(/^Bundle /, ""), length2.failure)}`];
}
function noticeLines({ notices }) {
  return notices.map((notice3) => `- **Note**: ${prose(notice3, length2.failure)}`);
}
function timeline({ timeline: spans }) {
  const shown4 = timelineTable(spans);
  return shown4.length === 0 ? [] : folded2("Timeline", shown4);
}
function savingLine({ caches, saving, failures }) {
  if (failures.length > 0 || !caches.some(({ plan }) => plan.wanted)) return [];
  const why = prose(saving.why);
  const step = "in a later step with `org/go-deps-action/save`";
  const texts = {
    yes: `${saving.needsStep ? step : "when the job ends"} (${why})`,
    no: `not in this run (${why})`,
    "if-nothing-found": saving.needsStep ? `${step} (${why})` : why
  };
  return [`- **Saving**: ${texts[saving.save]}`];
}
function fetchedModules({ dependencies }) {
  const modules = [...new Set(dependencies.flatMap(({ fetched }) => fetched))];
  if (modules.length === 0) return [];
  const isDownload = dependencies.every(({ sources }) => sources === void 0 || isNetwork(sources));
  const title2 = `${modules.length} ${modules.length === 1 ? "module" : "modules"}`;
  return folded2(
    isDownload ? `Downloaded ${title2}` : `${title2} that were not in the module cache`,
    block(firstLinesOf(modules, most.modules))
  );
}
function isNetwork({ bundle, zips, folder }) {
  return bundle + zips + folder === 0;
}
function exportedVariables({ variables }) {
  if (variables.length === 0) return [];
  const shown4 = variables.slice(0, most.variables);
  return folded2(
    "Variables for this and later steps",
    block(shown4.map(({ name, shown: shown5, why }) => `${name}=${shown5}  (${why})`))
  );
}
function titled(title2, content) {
  return content.length === 0 ? [] : [[`**${title2}**`], content];
}
function listed2(count, all, item) {
  return firstLinesOf(all.map(item), count).map((text4) => `- ${text4}`);
}
var maxGapRows = 200;
function bundleCheckSummary(opened, fit) {
  const { gaps, extra } = fit;
  const result = gaps.length === 0 ? "### Bundle: enough for this checkout" : "### ❌ Bundle: not enough";
  return document(
    [
      [result],
      [prose(bundleOpenedText(opened, extra.length))],
      gaps.length === 0 ? [] : [
        "| module | part | problem |",
        "|---|---|---|",
        ...gaps.slice(0, maxGapRows).map(gapRow),
        ...gaps.length > maxGapRows ? [`| and ${gaps.length - maxGapRows} more | | |`] : []
      ],
      extra.length === 0 ? [] : folded2(`Not for this checkout: ${extra.length}`, block(extra.slice(0, maxGapRows)))
    ],
    2e5
  );
}
function gapRow({ name, part, expected, found }) {
  const what = found === "" ? "missing" : `${cell(found)} instead of ${cell(expected)}`;
  return `| ${cell(name)} | ${part} | ${what} |`;
}
function cell(text4) {
  return text4.includes("|") ? escaped2(text4) : code(text4);
}

// src/phases/main-report.ts
function mainReport(job, outcome, spans) {
  const { plan, roots, provided, changes } = job;
  const { modules, build, toolchain, offline, bundle, dependencies, failures } = outcome;
  const vendored = plan.dependencies.length > 0 && plan.dependencies.every(({ root, action }) => root.vendored && action !== "vendor");
  return {
    go: {
      version: plan.goVersion,
      origin: provided?.why ?? originOf2(job),
      isFetched: plan.toolchain.name !== ""
    },
    roots: roots.map((root) => ({
      label: root.label,
      what: rootText(root),
      isWorkspace: root.goWork !== void 0
    })),
    variables: [...changes, ...offline?.variables ?? []],
    ...offline === void 0 ? {} : { offline: offline.text },
    ...typeof plan.store === "object" ? { store: s3TargetText(plan.store) } : {},
    caches: [modules, build, toolchain].filter((cache) => cache !== void 0),
    needed: vendored || !plan.modules.wanted ? [] : namedVersions(job).needed,
    vendored,
    ...{ dependencies, timeline: spans, failures },
    ...bundle === void 0 ? {} : { bundle },
    saving: { ...plan.policy, ...isRestoreAction(job.inputs) ? { needsStep: true } : {} },
    notices: [plan.policy, plan.excluded].flatMap(({ notice: notice3 }) => notice3 ?? [])
  };
}
function originOf2({ go: go2, plan, bundle }) {
  const { GOVERSION } = go2.env;
  if (GOVERSION === plan.goVersion) return "the go on PATH";
  const isBundled = bundle?.toolchains.some((name) => name.includes(`-${plan.goVersion}.`)) === true;
  const source = isBundled ? "taken from the bundle" : "fetched";
  return `${source} by the go command (${GOVERSION}), because a go.mod, go.work or GOTOOLCHAIN requires it`;
}

// src/phases/report.ts
function logSetup({ inputs, checkout, changes, provided, warnings }) {
  for (const warning3 of warnings) warning2(warning3);
  if (provided !== void 0) info2(`Go ${provided.version}: ${provided.why}`);
  if (changes.length > 0 && !inputs["dry-run"]) {
    logGroup({ heading: "Environment for this and later steps", lines: variableLines(changes) });
  }
  for (const remark of checkout.notes) info2(remark);
  for (const one of checkout.skipped) {
    if (one.isIntended) info2(skippedText(one));
    else notice2(skippedText(one));
  }
}
function logPlan({ plan, roots }) {
  info2(introduction(plan, roots));
  for (const { notice: notice3 } of [plan.policy, plan.excluded]) if (notice3 !== void 0) notice2(notice3);
  const unsummed = plan.dependencies.filter(({ lacksSums }) => lacksSums).map(({ root }) => root.label);
  if (unsummed.length > 0) notice2(noSumsText(unsummed));
}
function reportStore({ plan, event }, unavailable) {
  if (typeof plan.store !== "object") return false;
  info2(`Cache store: ${s3TargetText(plan.store)}`);
  if (unavailable === void 0) return false;
  const text4 = `The S3 cache cannot be used, and the job continues without it: ${unavailable}`;
  if (event.fork) notice2(text4);
  else warning2(text4);
  return true;
}
async function reportNothing({ inputs, checkout, go: go2, provided, changes }) {
  if (inputs["dry-run"]) {
    const lines2 = [
      ...variableLines(changes),
      ...go2 === void 0 && checkout.roots.length > 0 ? ["Caches and dependencies: no plan, because it needs a Go and a dry run installs none"] : []
    ];
    group("Dry run: this is the plan, and nothing is done", lines2);
    await summarize(inputs.summary, false, () => planSummary(lines2));
  }
  const why = checkout.roots.length === 0 ? noModulesText(checkout.skipped, checkout.areExcluded) : "";
  if (why !== "") notice2(why);
  if (why !== "" && !inputs["dry-run"]) await summarize(inputs.summary, false, () => nothingSummary(why));
  setOutputs({
    "cache-hit": "false",
    "modules-cache": "off",
    "build-cache": "off",
    ...provided === void 0 ? {} : { "go-version": provided.version }
  });
}
async function reportPlan(job) {
  const { inputs, changes, provided, offline, plan, roots, go: go2 } = job;
  info2(introduction(plan, roots));
  if (plan.policy.notice !== void 0) notice2(plan.policy.notice);
  const lines2 = [
    ...variableLines(changes),
    ...provided?.bin === "" ? ["Go is not installed yet: once it is, the parts environment and paths of the build key will differ."] : [],
    ...inputs["lookup-only"] ? ["Input `lookup-only` is true: the entries below are only looked up, and nothing else is done."] : [],
    ...planLines(plan, inputs),
    ...inputs["bundle-output"] === "" ? [] : [
      `Bundle: write ${inputs["bundle-output"]}, scope ${inputs["bundle-scope"]} (input \`bundle-output\`)`
    ],
    ...offlineLines(offline)
  ];
  group("Dry run: this is the plan, and nothing is done", lines2);
  const [modules, build] = [
    { name: "modules", plan: plan.modules },
    { name: "build", plan: plan.build }
  ];
  const main = mainOutputs(modules, build, [], { version: plan.goVersion, env: go2.env });
  setOutputs({ ...main, ...backendOutput(job) });
  await summarize(inputs.summary, false, () => planSummary([introduction(plan, roots), ...lines2]));
}
function backendOutput({ plan, env }) {
  return { "cache-backend": backendName(env.variables, plan.store) };
}
async function reportMain(job, outcome, spans) {
  const { modules, build, dependencies, bundle, failures } = outcome;
  if (modules !== void 0 && build !== void 0) {
    const go2 = { version: job.plan.goVersion, env: job.go.env };
    setOutputs({ ...mainOutputs(modules, build, dependencies, go2), ...backendOutput(job) });
  }
  if (bundle !== void 0) setOutputs(bundleOutputs(bundle));
  await summarize(
    job.inputs.summary,
    failures.length > 0 || outcome.hasWarned,
    () => mainSummary(mainReport(job, outcome, spans))
  );
}
async function reportLookup(job, modules, build, failures, isReported) {
  const { inputs, plan, go: go2 } = job;
  const warning3 = cacheWarning([modules.outcome, build.outcome]);
  if (warning3 !== void 0 && !isReported) warning2(warning3);
  const main = mainOutputs(modules, build, [], { version: plan.goVersion, env: go2.env });
  setOutputs({ ...main, ...backendOutput(job) });
  await summarize(
    inputs.summary,
    failures.length > 0 || warning3 !== void 0,
    () => lookupSummary([modules, build], failures)
  );
}
async function reportFailure(failures, inputs) {
  await summarize(inputs?.summary ?? "on-problem", true, () => failureSummary(failures));
}
async function summarize(requested, isProblem, text4) {
  if (requested === "always" || requested === "on-problem" && isProblem)
    await appendToSummary(text4());
}
function setOutputs(outputs) {
  for (const [name, value] of Object.entries(outputs)) setOutput2(name, value);
}
function failForProblems(problems) {
  for (const problem5 of problems) {
    error2(problemText(problem5), placed(problem5));
    const { file = "the checkout", shown: shown4, shownAs = `What would change in ${file}` } = problem5;
    if (shown4 !== void 0) group(shownAs, shown4);
  }
  return problems.map(problemText);
}
var noSecrets = "this run gets no secrets";
function failStep(error3, first = () => void 0) {
  if (error3 instanceof UserError) return failForProblems(error3.problems);
  const { message, stack } = error3 instanceof Error ? error3 : new Error(String(error3));
  if (error3 instanceof GoCommandError) {
    const { explanation, output } = error3;
    const lead = explanation?.security === true ? void 0 : first(output);
    const text4 = lead === void 0 ? message : `${lead} ${message}`;
    const defaultTitle = explanation?.title ?? "Go dependencies";
    const title2 = explanation?.security === true ? "SECURITY" : lead === void 0 ? defaultTitle : noSecrets;
    error2(text4, { title: title2 });
    for (const { text: text5, ...place2 } of explanation?.places ?? []) error2(text5, placed(place2));
    group("Output of the go command", output.trimEnd().split(/\r?\n/));
    return [text4];
  }
  if (hasCode(error3, "go-download-mismatch", "corrupt-modules", "bundle-mismatch")) {
    error2(message, { title: "SECURITY" });
    return [message];
  }
  if (error3 instanceof Error && "syscall" in error3) {
    const text4 = `A system call failed: ${message}. Check free space, permissions, and other programs that use the file.`;
    error2(text4);
    debug2(stack ?? "");
    return [text4];
  }
  error2(`This is a bug in go-deps-action, please report it: ${message}`);
  debug2(stack ?? "");
  return [message];
}
function placed({
  file,
  line
}) {
  return { ...file === void 0 ? {} : { file }, ...line === void 0 ? {} : { line } };
}

// src/phases/check-bundle.ts
async function checkBundle(variables) {
  const { inputs, problems } = readInputs(variables);
  maskCredentials(inputs);
  maskSshKeys(inputs);
  try {
    await check2(inputs, problems, GoEnv.read(withoutSecretInputs(variables)));
  } catch (error3) {
    await reportFailure(failStep(error3), inputs);
  }
}
async function check2(inputs, problems, env) {
  const workspace = workspaceFolder(env.variables);
  const { changes } = planEnvironment(inputs, env.setting, false);
  const goflags = env.with(valuesOf(changes)).setting("GOFLAGS");
  const checkout = await readCheckout(inputs, workspace, env, goflags);
  const all = [...problems, ...checkout.problems, ...checkout.roots.length === 0 ? [nothingToCheck] : []];
  if (all.length > 0) throw new UserError(all);
  const bundle = await openBundle(inputs["bundle-check"], "bundle-check", workspace, inputs["bundle-sha256"]);
  const opened = { ...bundle, sha256: await bundle.confirmed };
  if (bundle.verifiedBy === "nothing") checkShards(bundle);
  const fit = compareWithCheckout(bundle.content, checkout.roots, bundle.verifiedBy === "input");
  info2(bundleOpenedText(opened, fit.extra.length));
  const gaps = fitProblems(bundle, fit);
  if (gaps.length > 0) group(`Missing from the bundle: ${fit.gaps.length}`, bundleGapLines(fit));
  else info2("The bundle contains everything that go.sum and go.mod require.");
  const requested = inputs.summary;
  if (requested === "always" || requested === "on-problem" && gaps.length > 0)
    await appendToSummary(bundleCheckSummary(opened, fit));
  if (gaps.length > 0) failStep(new UserError(gaps));
}
var nothingToCheck = {
  what: "Input `bundle-check` is set, but this checkout has no go.mod",
  allowed: "",
  fix: "Put `actions/checkout` first, or set `working-directory` to the directory of the module."
};

// src/phases/look-up.ts
async function lookUp2(job, transfer) {
  const isReported = reportStore(job, transfer.store.unavailable);
  const [modules, build] = await lookUpCaches(job, transfer);
  for (const report of [modules, build]) logGroup(restoreLog(report));
  const problems = missProblems(job.inputs["fail-on-cache-miss"], [modules, build]);
  await reportLookup(job, modules, build, failForProblems(problems), isReported);
}

// src/phases/plan.ts
import * as path79 from "node:path";

// src/github-context.ts
function readEvent(environment) {
  const payload = readPayload(environment.GITHUB_EVENT_PATH);
  const name = environment.GITHUB_EVENT_NAME ?? "";
  const ref = environment.GITHUB_REF ?? "";
  const fromPayload = at(payload, "repository", "default_branch");
  const head = at(payload, "pull_request", "head", "repo", "full_name");
  const base = at(payload, "pull_request", "base", "repo", "full_name");
  const isPrivate = at(payload, "repository", "private");
  const scheduled = name === "schedule" ? ref.replace(/^refs\/heads\//, "") : void 0;
  return {
    name,
    ref,
    defaultBranch: typeof fromPayload === "string" ? fromPayload : scheduled,
    isPublic: typeof isPrivate === "boolean" ? !isPrivate : void 0,
    // The head repository is null after the fork was deleted: the code still comes from a fork.
    fork: at(payload, "pull_request") !== void 0 && (head === void 0 || head !== base)
  };
}
function readPayload(file) {
  const text4 = file === void 0 ? void 0 : readText(file);
  if (text4 === void 0) return void 0;
  try {
    return JSON.parse(text4);
  } catch {
    return void 0;
  }
}
function at(value, ...path82) {
  let current = value;
  for (const name of path82) {
    if (typeof current !== "object" || current === null) return void 0;
    current = current[name];
  }
  return current ?? void 0;
}
function readJobIdentity(environment, matrix) {
  const file = (environment.GITHUB_WORKFLOW_REF ?? "").split("@")[0] ?? "";
  return {
    workflow: file === "" ? environment.GITHUB_WORKFLOW ?? "" : file,
    id: environment.GITHUB_JOB ?? "",
    matrix: matrix === "" ? "null" : matrix
  };
}
var writing = 2;
function canTokenSave(token) {
  const scopes = claimedScopes(token);
  return scopes === void 0 || scopes.length === 0 || scopes.some((scope) => (scope & writing) !== 0);
}
function claimedScopes(token) {
  try {
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    const scopes = JSON.parse(String(claims.ac));
    const permissions2 = scopes.map((scope) => scope.Permission);
    return permissions2.every((one) => typeof one === "number") ? permissions2 : void 0;
  } catch {
    return void 0;
  }
}

// src/validate/environment.ts
var firstFixed = { "1.25": "1.25.13", "1.26": "1.26.6" };
var ownModules = ["golang.org/toolchain", "golang.org/fips140"];
var firstFixedForOwnModules = { "1.26": "1.26.9", "1.27": "1.27.2" };
function environmentWarnings(settings, goVersion, sums) {
  const [database, noDatabase] = [settings("GOSUMDB"), noSumdbPatterns(settings)];
  const insecure2 = settings("GOINSECURE");
  const usesProxy = settings("GOPROXY").split(/[,|]/).some((one) => /^https?:/.test(one.trim()));
  const ownInSums = ownModules.filter((name) => sums.some((one) => listsModule(one, name)));
  const checks = [
    [
      settings("GONOSUMCHECK") !== "",
      "GONOSUMCHECK is set, but Go has no such variable. Set GONOSUMDB to patterns of modules that the checksum database does not contain."
    ],
    [
      database === "off",
      "GOSUMDB is off: Go downloads modules that are not in go.sum without any check. For private modules, use GONOSUMDB or the input `goprivate` instead."
    ],
    [
      // Without downloads, as in an offline job, there is nothing to verify.
      coversEverything(noDatabase) && !/^(?:off|file:[^,|]*)$/.test(settings("GOPROXY")),
      `GONOSUMDB or GOPRIVATE is "${noDatabase}", which matches every module: Go downloads modules that are not in go.sum without any check. List only your own hosts and organisations.`
    ],
    [
      goFlagValue(settings("GOFLAGS"), "mod") === "mod",
      "GOFLAGS holds -mod=mod: every go command may change go.mod and go.sum, and no command fails when they are incomplete. Remove it, run `go mod tidy`, and commit the result."
    ],
    [
      insecure2 !== "",
      `GOINSECURE is "${insecure2}": Go may fetch such modules without TLS, so an attacker on the network can change them. Give the server a certificate.`
    ],
    [
      settings("GIT_SSL_NO_VERIFY") !== "",
      "GIT_SSL_NO_VERIFY is set, so git checks no certificate, whatever the value is. Set GIT_SSL_CAINFO to the certificate authority of the server."
    ],
    [
      settings("GO111MODULE") === "off",
      "GO111MODULE is off: Go ignores go.mod and go.sum. Unset the variable."
    ],
    [
      usesProxy && isBefore(goVersion, firstFixed),
      `${goVersion} lets a module proxy bypass the checksum database (CVE-2026-42501, CVE-2026-56865), and GOPROXY is set. Use ${Object.values(firstFixed).join(", ")} or newer.`
    ],
    [
      usesProxy && ownInSums.length > 0 && isBefore(goVersion, firstFixedForOwnModules),
      `go.sum names ${ownInSums.join(" and ")}, which belongs to Go itself and must not be in go.sum: ${goVersion} trusts that line instead of the checksum database (CVE-2026-94447, CVE-2026-94444). Find out who added the line, remove it, and use Go ${Object.values(firstFixedForOwnModules).join(", ")} or newer.`
    ]
  ];
  return [...checks.flatMap(([applies, text4]) => applies ? [text4] : []), ...ineffectivePatterns(settings)];
}
function ineffectivePatterns(settings) {
  return ["GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE"].flatMap((name) => {
    const fault = patternListFault(settings(name));
    return fault === void 0 ? [] : [`A pattern in ${name} may match nothing: ${fault}.`];
  });
}
function coversEverything(patterns2) {
  return patterns2.split(",").some((pattern) => /^\*+(?:\/\*+)*$/.test(pattern.trim()));
}
function listsModule({ trees, goMods }, name) {
  return [...trees, ...goMods].some(({ path: path82 }) => path82 === name);
}
function isBefore(goVersion, firstFixedVersions) {
  const version3 = goVersion.replace(/^go/, "");
  if (version3 === "") return false;
  const release2 = /^\d+\.\d+/.exec(version3)?.[0] ?? "";
  const [first = ""] = Object.values(firstFixedVersions);
  return compareGoVersions(version3, firstFixedVersions[release2] ?? first) < 0;
}
var maxAddresses = 5;
function sshWarnings(addresses2, settings) {
  if (/^(?:direct|off)\b/.test(settings("GOPROXY"))) return [];
  const patterns2 = noProxyPatterns(settings);
  const unmatched = addresses2.map(({ host, path: path82 }) => [host.replace(/:\d+$/, ""), ...path82 === "" ? [] : [path82]].join("/")).filter((address2) => !overlap(patterns2, address2));
  if (unmatched.length === 0) return [];
  return [
    `\`ssh-private-key\` has a key for ${listSome(unmatched, maxAddresses)}, which GOPRIVATE does not match: Go requests it from the module proxy and the checksum database. Add it to \`goprivate\`.`
  ];
}
function overlap(patterns2, address2) {
  const elements = address2.split("/");
  return patterns2.split(",").some((text4) => {
    const pattern = text4.trim().replace(/\/$/, "").split("/").slice(0, elements.length);
    return matchesModulePatterns(pattern.join("/"), elements.slice(0, pattern.length).join("/"));
  });
}

// src/validate/go-version.ts
import * as path68 from "node:path";

// src/validate/goflags.ts
import * as path67 from "node:path";
var firstWithWorkVendor = "1.22";
function goflagsProblems({ goflags, roots }) {
  if (roots.length === 0) return [];
  const refusal2 = goflagsRefusal(goflags);
  if (refusal2 !== void 0) return [refused2(refusal2)];
  if (goFlagValue(goflags, "mod") !== "mod") return [];
  return roots.filter(isWorkspace).map(noModInWorkspace);
}
function goflagsProblemsOf({ goflags, roots }, go2) {
  const refusal2 = goflagsRefusal(goflags, go2.version);
  const isTooOld = compareGoVersions(go2.version, firstWithWorkVendor) < 0;
  return [
    ...refusal2 === void 0 ? [] : [refused2(refusal2)],
    ...sanitizerProblems(goflags, go2.env),
    ...isTooOld && goFlagValue(goflags, "mod") === "vendor" ? roots.filter(isWorkspace).map((root) => noVendorInWorkspace(root, go2.version)) : []
  ];
}
function isWorkspace({ goWork }) {
  return goWork !== void 0;
}
function refused2(refusal2) {
  return {
    what: `GOFLAGS makes every go command fail: ${refusal2}`,
    allowed: "",
    fix: "Correct it where it is set: in the input `goflags`, in `env:` of the workflow, by an earlier step, or by `go env -w` (`go env -u GOFLAGS` removes that)."
  };
}
function noModInWorkspace({ label }) {
  return {
    what: `GOFLAGS holds -mod=mod, and the go command refuses it in a workspace (go.work in ${label}), so every build there fails`,
    allowed: "",
    fix: "Remove -mod=mod from the input `goflags` or the variable GOFLAGS, or set GOWORK=off for this job."
  };
}
function noVendorInWorkspace({ label }, version3) {
  return {
    what: `GOFLAGS holds -mod=vendor, and ${version3} refuses it in a workspace (go.work in ${label}), so every build there fails`,
    allowed: "",
    fix: `Use Go ${firstWithWorkVendor} or newer, remove -mod=vendor from GOFLAGS, or set GOWORK=off for this job.`
  };
}
function sanitizerProblems(goflags, env) {
  const [first, second] = sanitizersOn(flagsOf(goflags));
  if (first === void 0) return [];
  if (second !== void 0) {
    return [
      {
        what: `GOFLAGS holds -${first} and -${second}, which exclude each other, so every build fails`,
        allowed: "",
        fix: `Remove one of them, or disable it with \`-${second}=false\` in the input \`goflags\`.`
      }
    ];
  }
  if (env.CGO_ENABLED !== "0" || first === "race" && env.GOOS === "darwin") return [];
  return [
    {
      what: `GOFLAGS holds -${first}, which needs cgo, and CGO_ENABLED is 0, so every build fails`,
      allowed: "",
      fix: "Install a C compiler, set CGO_ENABLED=1, or remove the flag from GOFLAGS."
    }
  ];
}
function overlayProblems(roots, goflags) {
  const overlay = goFlagValue(goflags, "overlay") ?? "";
  if (overlay === "") return [];
  const problems = roots.flatMap(({ directory: directory2, label }) => overlayProblem(overlay, directory2, label));
  return problems.filter(({ what }, index) => problems.findIndex((one) => one.what === what) === index);
}
function overlayProblem(given, directory2, label) {
  const text4 = readText(path67.resolve(directory2, given));
  if (text4 === void 0) {
    return [
      goflagsProblem(
        `GOFLAGS holds -overlay=${given}, but that file does not exist${settingSource(given, label)}`,
        "Correct the name in GOFLAGS, or create the file in an earlier step."
      )
    ];
  }
  try {
    JSON.parse(text4);
    return [];
  } catch {
    return [
      goflagsProblem(
        `GOFLAGS holds -overlay=${given}, but that file is not JSON`,
        'Write it in the form `{"Replace": {"a.go": "/path/to/other.go"}}`.'
      )
    ];
  }
}

// src/validate/go-version.ts
function hasModuleCache({ env }) {
  return !isUnusable(env, "GOMODCACHE");
}
function isUnusable(env, name) {
  return env[name] !== void 0 && !path68.isAbsolute(env[name]);
}
var homeVariables = { GOMODCACHE: "USERPROFILE", GOCACHE: "LocalAppData" };
function homeProblems({ inputs, roots, go: go2 }, system = platform()) {
  const missing2 = ["GOMODCACHE", "GOCACHE"].filter((name) => isUnusable(go2.env, name));
  if (missing2.length === 0 || !roots.some(hasDependencies)) return { problems: [], warnings: [] };
  const homes = system === "win32" ? missing2.map((name) => homeVariables[name]).join(" or ") : "HOME";
  const what = `Go has no directory for ${missing2.join(" and ")}, because ${homes} is not set to a writable directory`;
  const fix2 = `Set ${homes.replace(" or ", " and ")} to a writable directory, or set GOMODCACHE and GOCACHE.`;
  const hasNoModuleCache = !hasModuleCache(go2);
  const requesting = Object.entries({
    dependencies: ["download", "vendor"].includes(inputs.dependencies),
    offline: inputs.offline !== "false",
    "offline-check": inputs["offline-check"].length > 0,
    "bundle-output": inputs["bundle-output"] !== "",
    "check-tidy": inputs["check-tidy"],
    "check-vendor": inputs["check-vendor"]
  }).flatMap(([name, isRequested]) => isRequested ? [`\`${name}\``] : []);
  if (hasNoModuleCache && requesting.length > 0) {
    return {
      problems: [{ what: `${what}, and ${requesting.join(", ")} needs it`, allowed: "", fix: fix2 }],
      warnings: []
    };
  }
  if (!hasNoModuleCache && !inputs.cache) return { problems: [], warnings: [] };
  const consequence = hasNoModuleCache ? "The caches are off, and no module is downloaded" : "The build cache is off";
  return { problems: [], warnings: [`${what}. ${consequence}. ${fix2}`] };
}
var since2 = { toolchains: "1.21", workVendor: firstWithWorkVendor, goauth: "1.24" };
function planGoRequirements(facts) {
  const version3 = buildGoVersion(facts);
  const { roots, inputs, go: go2 } = facts;
  const goflags = go2.env.GOFLAGS ?? "";
  const plans = planDependencies(inputs, roots, hasModuleCache(go2));
  const home = homeProblems(facts);
  const active = plans.filter(({ action, lacksSums }) => action !== "nothing" || lacksSums).map(({ root }) => root);
  const [only] = roots;
  const built = roots.length === 1 && only !== void 0 ? [only] : active;
  const vendored = plans.filter(({ action }) => action === "vendor").map(({ root }) => root);
  const credentials = credentialRequirements(inputs.credentials.credentials, version3, go2.env.GOPROXY ?? "");
  return {
    problems: [
      ...credentials.problems,
      ...home.problems,
      ...active.length > 0 && go2.env.GO111MODULE === "off" ? [modulesOff] : [],
      ...goflagsProblemsOf(
        { goflags, roots: roots.filter((root) => !vendored.includes(root)) },
        { version: version3, env: go2.env }
      ),
      ...built.flatMap((root) => tooNew(root, version3, go2.toolchainSetting)),
      ...compareGoVersions(version3, since2.workVendor) < 0 ? vendored.filter(({ goWork }) => goWork !== void 0).map((root) => noWorkVendor(root, version3)) : [],
      ...goFlagValue(goflags, "mod") === "vendor" ? active.filter((root) => !vendored.includes(root)).flatMap(notVendored) : []
    ],
    warnings: [
      ...credentials.warnings,
      ...home.warnings,
      ...inputs.goauth !== "" && compareGoVersions(version3, since2.goauth) < 0 ? [
        `Input \`goauth\` has no effect: ${version3} does not support GOAUTH. Use Go ${since2.goauth} or newer.`
      ] : []
    ]
  };
}
function buildProblems(root, { inputs, go: go2 }) {
  const isVendoredHere = inputs.dependencies === "vendor";
  return [
    ...tooNew(root, buildGoVersion({ roots: [root], go: go2 }), go2.toolchainSetting),
    ...goFlagValue(go2.env.GOFLAGS ?? "", "mod") === "vendor" && !isVendoredHere ? notVendored(root) : []
  ];
}
var modulesOff = {
  what: 'GO111MODULE is "off", so the go command ignores modules',
  allowed: "`on`, `auto` or unset",
  fix: "Unset the variable, or set `dependencies: none`."
};
function tooNew(root, version3, toolchainSetting2) {
  if (compareGoVersions(version3, since2.toolchains) < 0) return [];
  const files = [
    ...root.goWork === void 0 ? [] : [{ file: path68.posix.join(root.label, "go.work"), go: root.goWork.go, line: void 0 }],
    ...root.modules.map(({ directory: directory2, goModFile, goMod, goLine }) => ({
      file: path68.posix.join(
        root.label,
        path68.relative(root.directory, directory2).replaceAll(path68.sep, "/"),
        path68.basename(goModFile)
      ),
      go: goMod.go,
      line: goLine
    }))
  ];
  return files.flatMap(
    ({ file, go: go2, line }) => go2 === void 0 || compareGoVersions(go2, version3) <= 0 ? [] : [
      {
        what: `${file} requires Go ${go2} or newer, but this job uses ${version3} (GOTOOLCHAIN=${toolchainSetting2})`,
        allowed: "",
        fix: `Set \`go-version\` to ${go2} or newer, or \`gotoolchain: auto\` to let the go command fetch it.`,
        file,
        ...line === void 0 ? {} : { line }
      }
    ]
  );
}
function noWorkVendor(root, version3) {
  return {
    what: `\`dependencies: vendor\` needs \`go work vendor\` for the workspace in ${root.label}, but ${version3} does not have it`,
    allowed: "",
    fix: `Use Go ${since2.workVendor} or newer, or set GOWORK=off for this job to vendor each module separately.`
  };
}
function notVendored(root) {
  if (root.vendored || !hasDependencies(root)) return [];
  return [
    {
      what: `GOFLAGS holds -mod=vendor, but ${root.label} has no vendor directory, so every build there fails`,
      allowed: "",
      fix: "Set `dependencies: vendor` for this module too, or set GOFLAGS without the flag for this step and the builds."
    }
  ];
}

// src/validate/roots.ts
import * as path77 from "node:path";

// src/setup-go/requested-version.ts
import * as path69 from "node:path";

// src/setup-go/release-spec.ts
var semver = __toESM(require_semver2(), 1);
function readGoVersionSpec(text4, source = "workflow") {
  if (text4 === "stable" || text4 === "oldstable") return { spec: { kind: text4 } };
  const truncated = source === "workflow" ? /^1\.([1-4])$/.exec(text4)?.[1] : void 0;
  if (truncated !== void 0) {
    return {
      fault: `YAML reads an unquoted 1.${truncated}0 as the number ${text4}: write '1.${truncated}0', in quotes`
    };
  }
  const bare = text4.replace(/^(?:go|v)(?=\d)/, "");
  const exact = semver.valid(bare) ?? (/(?:alpha|beta|rc)\d+$/.test(bare) ? toSemver(bare) : void 0);
  if (exact !== void 0) return { spec: { kind: "exact", version: exact } };
  const isReadable = bare !== "" && bare.length <= 256 && !/[\r\n]/.test(bare);
  if (!isReadable || semver.validRange(bare) === null) {
    return { fault: "that is neither a Go version nor a range of versions" };
  }
  return { spec: { kind: "range", range: bare } };
}
function toSemver(name) {
  const pattern = /^(?:go)?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:(alpha|beta|rc)(\d+)|-([\w.-]+))?$/;
  const [match3, major2, minor2 = "0", patch2 = "0", kind, number, vendor] = pattern.exec(name) ?? [];
  if (match3 === void 0) return void 0;
  const suffix = kind === void 0 ? vendor : `${kind}.${number}`;
  return semver.valid(`${major2}.${minor2}.${patch2}${suffix === void 0 ? "" : `-${suffix}`}`) ?? void 0;
}
function fromSemver(version3) {
  const { major: major2, minor: minor2, patch: patch2, prerelease: prerelease2 } = new semver.SemVer(version3);
  const [kind, number] = prerelease2;
  const isOwn = prerelease2.length === 2 && /^(?:alpha|beta|rc)$/.test(String(kind)) && typeof number === "number";
  const hasTwoParts = patch2 === 0 && (isOwn || major2 === 1 && minor2 < 21);
  const line = `go${major2}${minor2 === 0 && hasTwoParts ? "" : `.${minor2}`}${hasTwoParts ? "" : `.${patch2}`}`;
  if (isOwn) return `${line}${kind}${number}`;
  return prerelease2.length === 0 ? line : `${line}-${prerelease2.join(".")}`;
}
function rangeOf(spec) {
  if (spec.kind === "exact") return spec.version;
  return spec.kind === "range" ? spec.range : void 0;
}
function matchRelease(names, spec) {
  const releases = newestFirst(names);
  const range3 = rangeOf(spec);
  if (range3 !== void 0) return releases.find(({ version: version3 }) => semver.satisfies(version3, range3))?.name;
  const stable = releases.filter(({ version: version3 }) => semver.prerelease(version3) === null);
  const [newest] = stable;
  if (spec.kind === "stable" || newest === void 0) return newest?.name;
  return stable.find(({ version: version3 }) => lineOf2(version3) !== lineOf2(newest.version))?.name;
}
function nearestReleases(names, spec) {
  const newest = matchRelease(names, { kind: "stable" });
  if (spec.kind !== "exact") return { newest, nearest: void 0 };
  const requested = new semver.SemVer(spec.version);
  const distance = (version3) => Math.abs(semver.patch(version3) - requested.patch);
  const [nearest] = newestFirst(names).filter(({ version: version3 }) => lineOf2(version3) === lineOf2(spec.version)).sort((a, b) => distance(a.version) - distance(b.version));
  return { newest, nearest: nearest?.name };
}
function newestFirst(names) {
  return names.flatMap((name) => {
    const version3 = toSemver(name);
    return version3 === void 0 ? [] : [{ name, version: version3 }];
  }).sort((a, b) => semver.rcompare(a.version, b.version));
}
function lineOf2(version3) {
  return `${semver.major(version3)}.${semver.minor(version3)}`;
}

// src/setup-go/requested-version.ts
var knownFiles = ["go.mod", "go.work", ".go-version", ".tool-versions"];
var maxFiles = 5;
var allowed2 = "a version such as '1.24.3', a line such as '1.24', a range such as '>=1.23 <1.25', `stable` or `oldstable`";
function readRequestedGo(inputs, workspace) {
  const version3 = inputs["go-version"].trim();
  const file = inputs["go-version-file"].trim();
  if (version3 === "") return file === "" ? { problems: [] } : readFile2(file, workspace);
  const requested = readVersion(version3);
  if (file === "") return requested;
  return { ...requested, warning: "Both `go-version` and `go-version-file` are set: `go-version` applies." };
}
function readVersion(text4) {
  const read2 = readGoVersionSpec(text4, "workflow");
  if ("spec" in read2)
    return { requestedGo: { spec: read2.spec, text: text4, from: "input `go-version`" }, problems: [] };
  const near = closestWord(text4, ["stable", "oldstable"]);
  return problem4({
    what: `Input \`go-version\` is "${clipped(text4)}", but ${read2.fault}`,
    allowed: allowed2,
    fix: `${near === void 0 ? "" : `Did you mean \`${near}\`? `}Correct the version, or remove the input to use the \`go\` on PATH.`
  });
}
function readFile2(given, workspace) {
  const absolute = path69.resolve(workspace, given);
  const file = isWithin(workspace, absolute) ? workspacePath(workspace, absolute) : given;
  if (isDirectory2(absolute)) {
    return problem4({
      what: `Input \`go-version-file\` is "${given}", which is a directory`,
      allowed: "a go.mod, go.work, .go-version or .tool-versions, or a file that contains only a version",
      fix: `Name the file in it, such as \`${path69.posix.join(file, "go.mod")}\`.`
    });
  }
  const text4 = readText(absolute);
  if (text4 === void 0) {
    return problem4({
      what: `Input \`go-version-file\` is "${given}", but that file does not exist in ${workspace}`,
      allowed: "a file of the checkout",
      fix: suggestFile(file, findFilesNamed(path69.basename(absolute), workspace))
    });
  }
  const found = versionIn(path69.basename(absolute), text4, file);
  if (typeof found !== "string") return problem4(found);
  const read2 = readGoVersionSpec(found, "file");
  if ("spec" in read2) return { requestedGo: { spec: read2.spec, text: found, from: file, file }, problems: [] };
  return problem4({
    what: `${file} requests Go "${clipped(found)}", but ${read2.fault}`,
    allowed: allowed2,
    fix: "Correct the file, or name another one with `go-version-file`.",
    file
  });
}
function suggestFile(file, others) {
  const [only, ...more] = others;
  if (only !== void 0 && more.length === 0)
    return `There is one in \`${only}\`: write \`go-version-file: ${only}\`.`;
  if (only !== void 0) {
    const listed3 = listSome(
      others.map((one) => `\`${one}\``),
      maxFiles
    );
    return `Use one of these files: ${listed3}.`;
  }
  const near = closestWord(path69.posix.basename(file), knownFiles);
  const question = near === void 0 || near === path69.posix.basename(file) ? "" : `Did you mean \`${near}\`? `;
  return `${question}Correct the path, or run actions/checkout before this action.`;
}
function versionIn(name, text4, file) {
  const isGoMod = name === "go.mod";
  if (isGoMod || name === "go.work") {
    try {
      const { go: go2, toolchain } = isGoMod ? parseGoMod(text4, file) : parseGoWork(text4, file);
      const fix3 = `Add one with \`go ${isGoMod ? "mod" : "work"} edit -go=1.25.0\`, or use the input \`go-version\`.`;
      return newer(go2, toolchain) ?? noVersionIn(file, "has no go line and no toolchain line", fix3);
    } catch (error3) {
      if (!(error3 instanceof GoFileError)) throw error3;
      return goFileProblem(error3, file);
    }
  }
  if (name === ".tool-versions") {
    const version4 = /^[ \t]*(?:golang|go)[ \t]+([^\s#]+)/m.exec(text4)?.[1];
    const fix3 = "Add a line such as `golang 1.25.0`, or use the input `go-version`.";
    return version4 ?? noVersionIn(file, "has no line for golang or go", fix3);
  }
  const version3 = text4.trim();
  const fix2 = "Write a version such as 1.25.0 into it, or use the input `go-version`.";
  return version3 === "" ? noVersionIn(file, "is empty", fix2) : version3;
}
function newer(go2, toolchain) {
  const name = toolchain === "default" ? void 0 : /^go([^-\s]+)/.exec(toolchain ?? "")?.[1];
  if (go2 === void 0 || name === void 0) return name ?? go2;
  return compareGoVersions(name, go2) < 0 ? go2 : name;
}
function noVersionIn(file, what, fix2) {
  return { what: `${file} contains no Go version: it ${what}`, allowed: "", fix: fix2, file };
}
function clipped(text4) {
  const [line = ""] = text4.split(/[\r\n]/);
  return line.length < text4.length || line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
function problem4(one) {
  return { problems: [one] };
}

// src/setup-go/setup-go.ts
import * as path75 from "node:path";

// src/platform/tool-cache.ts
import * as fs14 from "node:fs";
import * as path72 from "node:path";

// node_modules/@actions/tool-cache/lib/tool-cache.js
import * as fs12 from "fs";

// node_modules/@actions/tool-cache/lib/manifest.js
var semver2 = __toESM(require_semver2(), 1);

// node_modules/@actions/tool-cache/lib/tool-cache.js
import * as os10 from "os";
import * as path70 from "path";
var semver3 = __toESM(require_semver2(), 1);
import { ok } from "assert";
var IS_WINDOWS8 = process.platform === "win32";
var IS_MAC = process.platform === "darwin";
function find(toolName, versionSpec, arch3) {
  if (!toolName) {
    throw new Error("toolName parameter is required");
  }
  if (!versionSpec) {
    throw new Error("versionSpec parameter is required");
  }
  arch3 = arch3 || os10.arch();
  if (!isExplicitVersion(versionSpec)) {
    const localVersions = findAllVersions(toolName, arch3);
    const match3 = evaluateVersions(localVersions, versionSpec);
    versionSpec = match3;
  }
  let toolPath = "";
  if (versionSpec) {
    versionSpec = semver3.clean(versionSpec) || "";
    const cachePath = path70.join(_getCacheDirectory(), toolName, versionSpec, arch3);
    debug(`checking cache: ${cachePath}`);
    if (fs12.existsSync(cachePath) && fs12.existsSync(`${cachePath}.complete`)) {
      debug(`Found tool in cache ${toolName} ${versionSpec} ${arch3}`);
      toolPath = cachePath;
    } else {
      debug("not found");
    }
  }
  return toolPath;
}
function findAllVersions(toolName, arch3) {
  const versions = [];
  arch3 = arch3 || os10.arch();
  const toolPath = path70.join(_getCacheDirectory(), toolName);
  if (fs12.existsSync(toolPath)) {
    const children = fs12.readdirSync(toolPath);
    for (const child3 of children) {
      if (isExplicitVersion(child3)) {
        const fullPath = path70.join(toolPath, child3, arch3 || "");
        if (fs12.existsSync(fullPath) && fs12.existsSync(`${fullPath}.complete`)) {
          versions.push(child3);
        }
      }
    }
  }
  return versions;
}
function isExplicitVersion(versionSpec) {
  const c = semver3.clean(versionSpec) || "";
  debug(`isExplicit: ${c}`);
  const valid3 = semver3.valid(c) != null;
  debug(`explicit? ${valid3}`);
  return valid3;
}
function evaluateVersions(versions, versionSpec) {
  let version3 = "";
  debug(`evaluating ${versions.length} versions`);
  versions = versions.sort((a, b) => {
    if (semver3.gt(a, b)) {
      return 1;
    }
    return -1;
  });
  for (let i = versions.length - 1; i >= 0; i--) {
    const potential = versions[i];
    const satisfied = semver3.satisfies(potential, versionSpec);
    if (satisfied) {
      version3 = potential;
      break;
    }
  }
  if (version3) {
    debug(`matched: ${version3}`);
  } else {
    debug("match not found");
  }
  return version3;
}
function _getCacheDirectory() {
  const cacheDirectory2 = process.env["RUNNER_TOOL_CACHE"] || "";
  ok(cacheDirectory2, "Expected RUNNER_TOOL_CACHE to be defined");
  return cacheDirectory2;
}

// src/platform/unzip.ts
import * as fs13 from "node:fs";
import * as path71 from "node:path";
import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
var maxTotal = 2 * 1024 ** 3;
var concurrency = 8;
var isEncrypted = 1;
async function unzip(file, folder) {
  const zip = await fs13.promises.readFile(file);
  const at2 = zipReader(zip);
  const entries2 = readZipDirectory(at2, zip.length);
  for (const entry of entries2) {
    const fault = entryFault2(entry);
    if (fault !== void 0) throw new Error(`${JSON.stringify(entry.name)} ${fault}`);
  }
  if (entries2.reduce((sum2, { size }) => sum2 + size, 0) > maxTotal)
    throw new Error(`its files have more than ${maxTotal} bytes`);
  const folders = entries2.map(({ name }) => name.endsWith("/") ? name : path71.posix.dirname(name));
  for (const name of /* @__PURE__ */ new Set([".", ...folders])) fs13.mkdirSync(path71.join(folder, name), { recursive: true });
  const queue = entries2.filter(({ name }) => !name.endsWith("/")).values();
  const work = async () => {
    for (const entry of queue) await unpackFile(at2, entry, path71.join(folder, entry.name));
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}
function entryFault2({ name, method, flags }) {
  if (/[\x00-\x1f\\:\uFFFD]/.test(name)) return "holds a character that is not allowed";
  const parts = name.replace(/\/$/, "").split("/");
  if (parts.some((part) => /^\.{0,2}$/.test(part))) return "has an empty, . or .. part";
  if ((flags & isEncrypted) !== 0) return "is encrypted";
  return method === 0 || method === 8 ? void 0 : "uses an unknown compression method";
}
async function unpackFile(at2, entry, file) {
  const { name, method, packed, size } = entry;
  const start = contentStart(at2, entry);
  const bytes = at2(start, packed);
  const content = method === 0 ? bytes : await inflate(bytes, { maxOutputLength: Math.max(1, size) });
  if (content.length !== size || crc32(content) !== entry.crc)
    throw new Error(`${name} does not match its directory entry`);
  const handle = await fs13.promises.open(file, "wx");
  try {
    await handle.writeFile(content);
    const seconds2 = modifiedSeconds(at2, entry);
    await handle.utimes(seconds2, seconds2);
  } finally {
    await handle.close();
  }
}
var inflate = promisify(inflateRaw);

// src/platform/tool-cache.ts
var goTool = "go";
function findInToolCache(tool, range3) {
  if (toolCache() === "") return void 0;
  const root = find(tool, range3, process.arch);
  return root === "" ? void 0 : unlessBroken({ root, version: path72.basename(path72.dirname(root)) });
}
function allInToolCache() {
  if (toolCache() === "") return [];
  return findAllVersions(goTool, process.arch).map((version3) => unlessBroken({ root: placeOf(goTool, version3), version: version3 })).filter((one) => one !== void 0);
}
function placeInToolCache(tool, version3) {
  return toolCache() === "" ? void 0 : placeOf(tool, version3);
}
async function unpackArchive(file, folder, variables) {
  makeDirectory(folder);
  if (file.endsWith(".zip")) return unzip(file, folder);
  const ran = await run("tar", ["-xzf", file, "-C", folder], {
    cwd: folder,
    variables: withVariables(variables, { TAR_OPTIONS: void 0 })
  });
  if (ran === void 0) throw new Error("there is no tar");
  if (ran.code !== 0) throw new Error(ran.stderr.trim() || `tar ended with exit code ${ran.code}`);
}
function goCommandOf(goroot) {
  return path72.join(goroot, "bin", process.platform === "win32" ? "go.exe" : "go");
}
function unlessBroken(found) {
  if (isFile(goCommandOf(found.root))) return found;
  debug2(`${found.root} holds no go command`);
  return void 0;
}
function placeOf(tool, version3) {
  return path72.join(toolCache(), tool, version3, process.arch);
}
function toolCache() {
  return processEnv().RUNNER_TOOL_CACHE ?? "";
}
var abandonedAfter = 60 * 60 * 1e3;
var newPrefix = ".new-";
var minFreeBytes = 1024 ** 3;
async function withStage2(tool, version3, scratch2, work) {
  let made;
  const discard = () => {
    if (made !== void 0 && made !== scratch2) removeIfPossible(made);
  };
  const release2 = onExit(discard);
  try {
    return await work(() => made ??= stageInToolCache(tool, version3, scratch2) ?? scratch2);
  } finally {
    release2();
    discard();
  }
}
function stageInToolCache(tool, version3, scratch2) {
  const place2 = placeInToolCache(tool, version3);
  if (place2 === void 0) return void 0;
  try {
    const folder = path72.dirname(place2);
    makeDirectory(folder);
    if (deviceOf(folder) === deviceOf(scratch2) || freeSpaceAt(folder).bytes < minFreeBytes) return void 0;
    return makePrivateDirectory(path72.join(folder, newPrefix));
  } catch (error3) {
    debug2(`a Go is not unpacked in the tool cache: ${error3.message}`);
    return void 0;
  }
}
function deviceOf(folder) {
  return fs14.statSync(folder, { bigint: true }).dev;
}
async function addToToolCache(goroot, tool, version3) {
  const place2 = placeInToolCache(tool, version3);
  if (place2 === void 0) return { refused: "RUNNER_TOOL_CACHE is not set" };
  const isCached = () => findInToolCache(tool, version3) !== void 0;
  let scratch2;
  try {
    if (isCached()) return { root: place2 };
    const folder = path72.dirname(place2);
    makeDirectory(folder);
    removeAbandoned(folder);
    scratch2 = makePrivateDirectory(path72.join(folder, newPrefix));
    if (await moveIn(goroot, place2, scratch2, isCached)) return { root: place2 };
    for (let count = 0; count < 20 && !isCached(); count++) await pause(0.1);
    return isCached() ? { root: place2 } : { refused: "another job is adding the same Go to the tool cache" };
  } catch (error3) {
    return { refused: `the tool cache cannot be written: ${error3.message}` };
  } finally {
    if (scratch2 !== void 0) removeIfPossible(scratch2);
  }
}
async function moveIn(goroot, place2, scratch2, isCached) {
  const staged = path72.join(scratch2, "go");
  try {
    await moveOrCopy(goroot, staged);
    fs14.utimesSync(staged, /* @__PURE__ */ new Date(), /* @__PURE__ */ new Date());
    if (!moveIfAbsent(staged, place2)) {
      if (!isCached()) removeAbandonedAt(place2, scratch2, isCached);
      if (!moveIfAbsent(staged, place2)) return false;
    }
    writeMarker2(place2, staged);
    return true;
  } finally {
    if (lstat2(goroot) === void 0 && lstat2(staged) !== void 0) renamePatiently(staged, goroot);
  }
}
async function moveOrCopy(from, to) {
  try {
    renamePatiently(from, to);
  } catch (error3) {
    debug2(`${from} is copied: ${error3.message}`);
    await fs14.promises.cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  }
}
function writeMarker2(place2, staged) {
  try {
    writeFile2(markerOf(place2), "");
  } catch (error3) {
    renamePatiently(place2, staged);
    throw error3;
  }
}
function removeAbandonedAt(place2, scratch2, isCached) {
  const lock = path72.join(path72.dirname(place2), `${newPrefix}lock-${process.arch}`);
  try {
    fs14.mkdirSync(lock);
  } catch (error3) {
    debug2(`${place2} is left to another job: ${error3.message}`);
    return;
  }
  try {
    if (isCached() || !isAbandoned2(place2)) return;
    remove(markerOf(place2));
    renamePatiently(place2, path72.join(scratch2, "old"));
  } finally {
    removeIfPossible(lock);
  }
}
function removeAbandoned(folder) {
  const started = entriesOf(folder).filter(({ name }) => name.startsWith(newPrefix));
  for (const { name } of started) {
    const target = path72.join(folder, name);
    if (isAbandoned2(target)) removeIfPossible(target);
  }
}
function isAbandoned2(target) {
  const stats = lstat2(target);
  return stats !== void 0 && now() - stats.mtimeMs > abandonedAfter;
}
function markerOf(place2) {
  return `${place2}.complete`;
}

// src/setup-go/download.ts
import * as path73 from "node:path";

// src/platform/download.ts
import { createHash as createHash16 } from "node:crypto";
import * as fs15 from "node:fs";
import * as http2 from "node:http";
import { pipeline } from "node:stream/promises";
var defaultLimits = { connection: 15, silence: 60, total: 30 * 60, minRate: 4096 };
var maxTextBytes = 64 * 1024 * 1024;
async function fetchText(url, wait = {}) {
  const chunks = [];
  let length3 = 0;
  const failure = await fetchInto(url, { ...defaultLimits, ...wait }, async (body) => {
    for await (const chunk of body) {
      length3 += chunk.length;
      if (length3 > maxTextBytes) throw new Error(`the answer has more than ${maxTextBytes} bytes`);
      chunks.push(chunk);
    }
  });
  return failure ?? { text: Buffer.concat(chunks).toString("utf8") };
}
async function fetchFile(url, file, wait = {}) {
  const hash = createHash16("sha256");
  const failure = await fetchInto(
    url,
    { ...defaultLimits, ...wait },
    (body) => pipeline(
      body,
      async function* (chunks) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      fs15.createWriteStream(file)
    )
  );
  if (failure === void 0) return { sha256: hash.digest("hex") };
  remove(file);
  return failure;
}
async function fetchInto(address2, wait, take) {
  if (!/^https?:\/\//i.test(address2) || !URL.canParse(address2)) {
    return { why: "the address is not an http or https address", isTransient: false };
  }
  try {
    const answer = await followRedirects(new URL(address2), wait);
    const status2 = answer.statusCode ?? 0;
    if (status2 === 200) {
      await take(untilTooSlow(answer, wait));
      return void 0;
    }
    answer.destroy();
    const retryAfter = parseRetryAfter(answer.headers["retry-after"], now());
    return { ...statusFailure2(status2), ...retryAfter === void 0 ? {} : { retryAfter } };
  } catch (error3) {
    return errorFailure(error3);
  }
}
async function* untilTooSlow(answer, { silence, total: total3, minRate }) {
  const giveUp = (why) => answer.destroy(new HttpTimeout(why));
  let [received, before] = [0, 0];
  const timer = setTimeout(() => giveUp(`no byte within ${silence} s`), silence * 1e3);
  const end = setTimeout(() => giveUp(`not all of it within ${total3} s`), total3 * 1e3);
  const rate = setInterval(() => {
    if (received - before < minRate * silence) giveUp(`only ${received - before} bytes within ${silence} s`);
    before = received;
  }, silence * 1e3);
  try {
    for await (const chunk of answer) {
      timer.refresh();
      received += chunk.length;
      yield chunk;
    }
  } finally {
    for (const one of [timer, end]) clearTimeout(one);
    clearInterval(rate);
  }
}
function statusFailure2(status2) {
  const text4 = http2.STATUS_CODES[status2];
  return {
    why: `the answer is ${status2}${text4 === void 0 ? "" : ` ${text4}`}`,
    status: status2,
    isTransient: isTransientStatus(status2)
  };
}
function errorFailure(error3) {
  if (error3 instanceof ProxyError) {
    const { why, ...rest } = statusFailure2(error3.status);
    return { ...rest, why: `${why}, from the proxy` };
  }
  return connectionFailure(error3);
}

// src/setup-go/release-list.ts
var goSystems = { win32: "windows", sunos: "solaris" };
var goArchs = {
  x64: "amd64",
  ia32: "386",
  x32: "386",
  mipsel: "mipsle"
};
function goPlatform({
  platform: platform3,
  arch: arch3
}) {
  const os11 = goSystems[platform3] ?? platform3;
  const goarch = arch3 === "ppc64" && platform3 !== "aix" ? "ppc64le" : goArchs[arch3] ?? arch3;
  return { os: os11, arch: goarch === "arm" ? "armv6l" : goarch, goarch };
}
function archiveName(version3, { os: os11, arch: arch3 }) {
  return `${version3}.${os11}-${arch3}${os11 === "windows" ? ".zip" : ".tar.gz"}`;
}
function parseReleaseList(text4) {
  let list6;
  try {
    list6 = JSON.parse(text4);
  } catch {
    return void 0;
  }
  if (!Array.isArray(list6) || list6.length === 0 || !list6.every(isRelease)) return void 0;
  return list6.map(({ version: version3, stable, files }) => ({
    version: version3,
    stable,
    files: files.filter(({ filename }) => /^[\w+-][\w.+-]*$/.test(filename)).map(fileOf2)
  }));
}
function archiveFor(release2, { os: os11, arch: arch3 }) {
  const ending = os11 === "windows" ? ".zip" : ".tar.gz";
  return release2.files.find(
    (file) => file.kind === "archive" && file.os === os11 && file.arch === arch3 && file.filename.endsWith(ending)
  );
}
function versionsFor(releases, platform3) {
  return releases.filter((release2) => archiveFor(release2, platform3) !== void 0).map(({ version: version3 }) => version3);
}
function parseToolchainVersions(stdout, { os: os11, goarch }) {
  const prefix3 = "v0.0.1-";
  const suffix = `.${os11}-${goarch}`;
  return stdout.split(/\s+/).filter((version3) => version3.startsWith(`${prefix3}go`) && version3.endsWith(suffix)).map((version3) => version3.slice(prefix3.length, -suffix.length)).filter((version3) => toSemver(version3) !== void 0);
}
function parseSha256File(text4) {
  return /^\s*([0-9a-f]{64})(?:\s|$)/i.exec(text4)?.[1]?.toLowerCase();
}
function isRelease(value) {
  return isRecord(value) && typeof value.version === "string" && typeof value.stable === "boolean" && Array.isArray(value.files) && value.files.every(
    (file) => isRecord(file) && ["filename", "os", "arch", "kind"].every((name) => typeof file[name] === "string")
  );
}
function fileOf2({ filename, os: os11, arch: arch3, sha256: sha2562, kind }) {
  return { filename, os: os11, arch: arch3, kind, sha256: parseSha256File(String(sha2562)) ?? "" };
}
function isRecord(value) {
  return typeof value === "object" && value !== null;
}

// src/setup-go/download.ts
var GoDownloadMismatch = class extends ActionError {
  /** @param address the address of the download, with its secrets */
  constructor(filename, address2, expected, got) {
    super(
      "go-download-mismatch",
      `${filename} from ${redactedAddress(address2)} does not match the published SHA-256: got ${got}, expected ${expected}. The action discarded it. Find out who changed it: the mirror of \`go-download-base-url\`, or a proxy in between.`
    );
  }
};
function redactedAddress(address2) {
  return redactedGoproxy(address2.replace(/[?#].*$/s, ""));
}
async function readReleaseList({
  base,
  retries
}) {
  const fetched = await retryWithBackoff(
    retries,
    () => fetchText(`${base}/?mode=json&include=all`),
    isTransientFailure,
    retryAfterOf2
  );
  if ("why" in fetched) {
    return { reason: `no list of releases: ${fetched.why}`, host: hostState(fetched.status) };
  }
  const releases = parseReleaseList(fetched.text);
  return releases === void 0 ? { reason: "no list of releases: the answer has another format", host: "answers" } : { releases };
}
async function downloadGo(archive, { base, retries }, { os: os11 }, { scratch: scratch2, stage }, variables) {
  const { filename } = archive;
  const address2 = `${base}/${filename}`;
  const expected = archive.sha256 ?? await publishedSha256(address2, retries);
  if (typeof expected !== "string") return expected;
  if (expected === "") return { reason: `no SHA-256 is published for ${filename}` };
  const file = path73.join(scratch2, os11 === "windows" ? "go.zip" : "go.tar.gz");
  const fetched = await retryWithBackoff(
    retries,
    () => fetchFile(address2, file),
    isTransientFailure,
    retryAfterOf2
  );
  if ("why" in fetched) return { reason: `no ${filename}: ${fetched.why}` };
  if (fetched.sha256 !== expected) throw new GoDownloadMismatch(filename, address2, expected, fetched.sha256);
  const folder = path73.join(stage(), "unpacked");
  try {
    await unpackArchive(file, folder, variables);
  } catch (error3) {
    return { reason: `${filename} cannot be unpacked: ${error3.message}` };
  } finally {
    removeIfPossible(file);
  }
  const root = path73.join(folder, "go");
  return isFile(goCommandOf(root)) ? { root } : { reason: `${filename} holds no go command` };
}
async function publishedSha256(address2, retries) {
  const fetched = await retryWithBackoff(
    retries,
    () => fetchText(`${address2}.sha256`),
    isTransientFailure,
    retryAfterOf2
  );
  if ("text" in fetched) return parseSha256File(fetched.text) ?? "";
  const { why, status: status2 } = fetched;
  if (status2 !== void 0 && status2 < 500) return "";
  return { reason: `no SHA-256: ${why}` };
}
function hostState(status2) {
  if (status2 === void 0 || status2 === 407 || status2 >= 500) return "is out of reach";
  return status2 === 408 || status2 === 429 ? "is too busy" : "answers";
}
function isTransientFailure(fetched) {
  return "isTransient" in fetched && fetched.isTransient;
}
function retryAfterOf2(fetched) {
  return "isTransient" in fetched ? fetched.retryAfter : void 0;
}

// src/setup-go/toolchain-module.ts
import * as path74 from "node:path";
async function findToolchainFetcher(scratch2, { env, directory: directory2, retries }) {
  const cached = [...allInToolCache()].sort((a, b) => compareGoVersions(b.version, a.version)).map(({ root }) => ({ program: goCommandOf(root), own: env.with({ GOROOT: "" }) }));
  for (const { program, own: own2 } of [{ program: "go", own: env }, ...cached]) {
    const set = { GOTOOLCHAIN: "local" };
    const ran = await runGoIfFound(["env", "GOVERSION"], { program, cwd: directory2, env: own2, set });
    if (ran?.code !== 0) continue;
    if (compareGoVersions(ran.stdout.trim(), "1.21") < 0) continue;
    const fetching = own2.with({
      GOMODCACHE: toolchainModules(scratch2),
      // Replaces GOFLAGS: build flags, such as -mod=vendor or -modfile, make `go list` fail here.
      GOFLAGS: "-modcacherw",
      GO111MODULE: "on",
      GOWORK: "off"
    });
    return { program, env: fetching, directory: directory2, retries };
  }
  return void 0;
}
function toolchainModules(folder) {
  return path74.join(folder, "toolchain-modules");
}
async function toolchainVersions(fetcher, platform3) {
  const ran = await runFetcher(fetcher, ["list", "-m", "-versions", "golang.org/toolchain"], "local");
  if (ran.code !== 0) return { reason: lastLines(ran) };
  return { versions: parseToolchainVersions(ran.stdout, platform3) };
}
async function fetchToolchain(fetcher, version3, gomodcache) {
  const env = fetcher.env.with({ GOMODCACHE: gomodcache });
  const ran = await runFetcher({ ...fetcher, env }, ["env", "GOROOT"], version3);
  if (ran.code !== 0) return { reason: lastLines(ran) };
  const root = ran.stdout.trim();
  return path74.isAbsolute(root) ? { root } : { reason: `GOROOT of ${version3} is "${root}"` };
}
async function goFault(root, { env, directory: directory2 }, version3) {
  const ran = await runGoIfFound(["version"], {
    program: goCommandOf(root),
    cwd: directory2,
    env,
    set: { GOTOOLCHAIN: "local", GOROOT: "" }
  });
  if (ran === void 0) return "it holds no go command";
  if (ran.code !== 0) return `its go command does not work: ${lastLines(ran)}`;
  const [, , reported = ""] = ran.stdout.split(" ");
  const isExpected = version3 === void 0 || compareGoVersions(reported, version3) === 0;
  return isExpected ? void 0 : `it is ${reported}, not ${version3}`;
}
function runFetcher({ program, env, directory: directory2, retries }, args, toolchain) {
  return runGo(args, { program, cwd: directory2, env, set: { GOTOOLCHAIN: toolchain }, retries });
}
function lastLines({ stderr, code: code2 }) {
  const lines2 = stderr.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("go: downloading "));
  return lines2.slice(-3).join("; ") || `exit code ${code2}`;
}
async function whyToolchainUnavailable(name, version3, gomodcache, { env, retries }) {
  if (isDirectory2(path74.join(gomodcache, treeDirectory(splitModuleVersion(name))))) return void 0;
  const ran = await runGo(["list", "-m", name], {
    // Outside of any module, no go.mod or go.work affects the command.
    cwd: path74.parse(gomodcache).root,
    env,
    set: { GOTOOLCHAIN: "local", GOWORK: "off", GOFLAGS: "" },
    retries
  });
  if (ran.code === 0 || !lacksVersion(ran.stderr)) return void 0;
  return `it requires Go ${version3.replace(/^go/, "")}, but no source in GOPROXY has it`;
}

// src/setup-go/search.ts
async function fromToolchainModule(search, query) {
  const { options, scratch: scratch2 } = search;
  const fetcher = await findToolchainFetcher(scratch2, {
    ...goPlace(options),
    retries: options.retries
  });
  const none = "no Go 1.21 or newer is on PATH or in the tool cache to fetch it";
  const answer = fetcher === void 0 ? { reason: none } : await query(fetcher);
  return "reason" in answer ? rejectSource(search, "The toolchain module", answer) : answer;
}
function rejectSource({ tried }, source, { reason: reason3 }) {
  const sentence = `${source}: ${reason3}`;
  tried.push(sentence);
  info2(`${sentence}.`);
}
function goPlace({ env, directory: directory2, folder }) {
  return { env, directory: directory2 ?? folder };
}

// src/setup-go/choose.ts
function releaseNotFound(requested, versions, { os: os11, arch: arch3 }, where) {
  const { spec, text: text4 } = requested;
  const { newest, nearest } = nearestReleases(versions, spec);
  const isExact = spec.kind === "exact";
  const alternatives = [
    ...newest === void 0 ? [] : [`the newest is ${newest.slice(2)}`],
    ...nearest === void 0 ? [] : [`the closest of the same minor version is ${nearest.slice(2)}`]
  ];
  const none = `${where} has ${isExact ? "no such release" : "no release that matches"} for ${os11}/${arch3}`;
  const fix2 = isExact ? "Request an existing release, or a minor version such as 1.24 to get its newest release." : "Widen the range, or request an existing version.";
  return requestProblem(requested, `requests Go ${text4}, but ${[none, ...alternatives].join("; ")}`, fix2);
}
function noGoSource(requested, tried, only) {
  return requestProblem(
    requested,
    `requests Go ${requested.text}, but no source provides it: ${tried.join(". ")}`,
    only === void 0 ? "Add this Go to the tool cache, set `go-download-base-url` to a mirror or `goproxy` to a proxy that can be reached, or put a Go 1.21 or newer on PATH to fetch it." : `\`go-download-base-url\` or GO_DOWNLOAD_BASE_URL names ${only}, which answers, so the action uses no other source: add this Go and its \`.sha256\` file there, or remove the address to use Go's own release.`
  );
}
function requestProblem({ from, file }, what, fix2) {
  const name = from.charAt(0).toUpperCase() + from.slice(1);
  return file === void 0 ? { what: `${name} ${what}`, allowed: "", fix: fix2 } : { what: `${file} ${what}`, allowed: "", fix: fix2, file };
}
async function selectGo(search) {
  const { requested, download: download2, platform: platform3, tried } = search;
  const { spec } = requested;
  const list6 = await readReleaseList(download2);
  if ("releases" in list6) {
    const versions = versionsFor(list6.releases, platform3);
    const version3 = matchRelease(versions, spec);
    const release2 = list6.releases.find((one) => one.version === version3);
    const archive = release2 && archiveFor(release2, platform3);
    if (version3 === void 0 || archive === void 0) {
      throw new UserError([releaseNotFound(requested, versions, platform3, redactedAddress(download2.base))]);
    }
    return { chosen: { version: version3, archive }, onlyNamedHost: download2.isNamed };
  }
  rejectSource(search, redactedAddress(download2.base), list6);
  const onlyNamedHost = download2.isNamed && list6.host !== "is out of reach";
  if (spec.kind === "exact" && list6.host === "answers") {
    const version3 = fromSemver(spec.version);
    const archive = { filename: archiveName(version3, platform3), sha256: void 0 };
    return { chosen: { version: version3, archive }, onlyNamedHost };
  }
  if (onlyNamedHost) {
    if (list6.host === "answers") tried.push("Without a list of releases, it serves only exact versions");
    return { chosen: void 0, onlyNamedHost };
  }
  return { chosen: await chooseToolchain(search), onlyNamedHost };
}
async function chooseToolchain(search) {
  const { requested, platform: platform3 } = search;
  const { spec } = requested;
  if (spec.kind === "exact") return { version: fromSemver(spec.version) };
  const available = await fromToolchainModule(search, (fetcher) => toolchainVersions(fetcher, platform3));
  if (available === void 0) return void 0;
  const version3 = matchRelease(available.versions, spec);
  if (version3 !== void 0) return { version: version3 };
  return rejectSource(search, "The toolchain module", { reason: "none of its versions matches" });
}

// src/setup-go/setup-go.ts
async function addGoToToolCache(root, version3, tool, folder) {
  const added = await addToToolCache(root, tool, toSemver(version3) ?? version3);
  if ("root" in added) return { root: added.root, location: "added to the tool cache" };
  const location = `kept for this job only, because ${added.refused}`;
  return { root: keepForThisJob(root, version3, tool, folder), location };
}
function keepForThisJob(root, version3, tool, folder) {
  const shared = path75.join(path75.dirname(folder), `go-deps-action-${tool}`);
  const place2 = path75.join(shared, version3.slice("go".length));
  if (makeOwnedDirectory(shared) && (moveIfAbsent(root, place2, moveTree) || isFile(goCommandOf(place2))))
    return place2;
  const own2 = path75.join(folder, version3);
  moveTree(root, own2);
  return own2;
}
var goTool2 = toolCacheName(defaultDownloadBase);
async function setUpGo(requested, options) {
  const seconds2 = elapsed();
  const { downloadBase: downloadBase2, retries, folder } = options;
  const base = (downloadBase2.trim() || defaultDownloadBase).replace(/\/+$/, "");
  const scratch2 = makePrivateDirectory(path75.join(folder, "new-go-"));
  const target = goPlatform({ platform: platform(), arch: architecture() });
  try {
    const download2 = { base, isNamed: base !== defaultDownloadBase, retries };
    const search = {
      requested,
      options,
      download: download2,
      tool: toolCacheName(base),
      platform: target,
      scratch: scratch2,
      tried: []
    };
    return { ...await findOrInstall(search), seconds: seconds2() };
  } finally {
    removeIfPossible(scratch2);
  }
}
async function findOrInstall(search) {
  const { requested, options, tried, tool, download: download2 } = search;
  const { spec } = requested;
  const range3 = rangeOf(spec);
  const requiresNewest = range3 === void 0 || options.checkLatest && spec.kind === "range";
  const where = download2.isNamed ? ` from ${redactedAddress(download2.base)}` : "";
  if (!requiresNewest) {
    const found = inToolCache(tool, range3, "the tool cache has it");
    if (found !== void 0) return found;
    tried.push(`The tool cache does not hold it${where}`);
  }
  const { chosen, onlyNamedHost } = await selectGo(search);
  const noSource = () => noGoSource(requested, tried, onlyNamedHost ? redactedAddress(download2.base) : void 0);
  if (chosen === void 0) {
    const found = range3 === void 0 ? void 0 : inToolCache(tool, range3, "no list of releases is available");
    if (found !== void 0) return found;
    throw new UserError([noSource()]);
  }
  if (requiresNewest) {
    const found = inToolCache(tool, toSemver(chosen.version) ?? "", "the newest, and the tool cache has it");
    if (found !== void 0) return found;
    tried.push(`The tool cache does not hold ${chosen.version}${where}`);
  }
  const isFallback = download2.isNamed && !onlyNamedHost;
  const official = isFallback && inToolCache(goTool2, toSemver(chosen.version) ?? "", "the tool cache has it");
  const install3 = options.dryRun === true ? planRelease : installRelease;
  const provided = official || await install3(chosen, search, onlyNamedHost);
  if (provided === void 0) throw new UserError([noSource()]);
  if (isFallback) warning2(fallbackWarning(provided, search));
  return provided;
}
async function installRelease(chosen, search, onlyNamedHost) {
  const downloaded = await installArchive(chosen, search);
  return downloaded === void 0 && !onlyNamedHost ? installToolchain(chosen, search) : downloaded;
}
async function installArchive({ version: version3, archive }, search) {
  if (archive === void 0) return void 0;
  const { download: download2, tool, platform: platform3, scratch: scratch2, options } = search;
  const where = redactedAddress(download2.base);
  return withStage2(tool, toSemver(version3) ?? version3, scratch2, async (stage) => {
    const folders = { scratch: scratch2, stage };
    const downloaded = await downloadGo(archive, download2, platform3, folders, options.env.variables);
    if ("reason" in downloaded) return rejectSource(search, where, downloaded);
    const fault = await goFault(downloaded.root, goPlace(options), void 0);
    if (fault !== void 0) return rejectSource(search, where, { reason: fault });
    const { root, location } = await addGoToToolCache(downloaded.root, version3, tool, options.folder);
    return goSetup(version3, root, "download", `from ${where}, ${location}`);
  });
}
async function installToolchain({ version: version3 }, search) {
  const { options, scratch: scratch2 } = search;
  return withStage2(goTool2, toSemver(version3) ?? version3, scratch2, async (stage) => {
    const fetched = await fromToolchainModule(
      search,
      (fetcher) => fetchToolchain(fetcher, version3, toolchainModules(stage()))
    );
    if (fetched === void 0) return void 0;
    const fault = await goFault(fetched.root, goPlace(options), version3);
    if (fault !== void 0) return rejectSource(search, "The toolchain module", { reason: fault });
    if (!isWithin(stage(), fetched.root))
      return goSetup(version3, fetched.root, "toolchain module", "Go found it on this machine");
    makeTreeWritable(fetched.root, "everything");
    const { root, location } = await addGoToToolCache(fetched.root, version3, goTool2, options.folder);
    return goSetup(version3, root, "toolchain module", `through GOPROXY, ${location}`);
  });
}
function planRelease({ version: version3, archive }, { download: download2 }) {
  const name = version3.slice("go".length);
  const notInstalled = { version: name, root: "", bin: "" };
  return archive === void 0 ? { ...notInstalled, source: "toolchain module", why: "it would be fetched through GOPROXY" } : {
    ...notInstalled,
    source: "download",
    why: `it would be fetched from ${redactedAddress(download2.base)}`
  };
}
function fallbackWarning({ version: version3 }, { download: download2 }) {
  return `${redactedAddress(download2.base)} cannot be reached, so the action uses Go's own release of Go ${version3} instead. Correct \`go-download-base-url\` or GO_DOWNLOAD_BASE_URL, or remove it to use Go's own release.`;
}
function inToolCache(tool, range3, why) {
  const cached = findInToolCache(tool, range3);
  return cached && goSetup(fromSemver(cached.version), cached.root, "tool cache", why);
}
function goSetup(version3, root, source, why) {
  return { version: version3.slice("go".length), root, bin: path75.join(root, "bin"), source, why };
}

// src/validate/replacements.ts
import * as path76 from "node:path";
var skipped2 = /^(?:[._].*|vendor|testdata)$/;
var osSpecific = /_(?:aix|android|darwin|dragonfly|freebsd|hurd|illumos|ios|js|linux|nacl|netbsd|openbsd|plan9|solaris|wasip1|windows|zos|386|amd64\w*|arm\w*|loong64|mips\w*|ppc\w*|riscv\w*|s390x?|sparc\w*|wasm)(?:_test)?\.go$/;
var constraint = /^(?:\/\/go:build |\/\/ *\+build |import "C")/m;
function importsInEveryBuild(directory2, modulePath2) {
  const spec = new RegExp(
    String.raw`^(?:import\s+|\s+)(?:[\w.]+\s+)?"${modulePath2.replaceAll(/[.+]/g, "\\$&")}(?:/[^"]*)?"`,
    "m"
  );
  return imports(directory2, spec);
}
function imports(directory2, spec) {
  return entriesOf(directory2).some((entry) => {
    const at2 = path76.join(directory2, entry.name);
    if (entry.isDirectory()) {
      const isInModule = !skipped2.test(entry.name) && !entriesOf(at2).some(({ name }) => name === "go.mod");
      return isInModule && imports(at2, spec);
    }
    if (!/^[^._].*\.go$/.test(entry.name) || osSpecific.test(entry.name)) return false;
    const text4 = readText(at2) ?? "";
    return spec.test(text4) && !constraint.test(text4);
  });
}
function checkReplaceLines(root, workspace) {
  const used = linesOf2(root).filter((line) => requiredBy(root, line).length > 0);
  const checkout = realPath(workspace);
  return {
    problems: used.flatMap((line) => {
      const problem5 = faultOf2(line, root.goWork !== void 0, workspace);
      return problem5 !== void 0 && isUsedByBuild(root, line) ? [problem5] : [];
    }),
    outside: used.filter(({ newPath }) => isLocalReplacement(newPath)).map((line) => ({ ...line, directory: path76.resolve(line.from, line.newPath) })).filter(({ directory: directory2 }) => isDirectory2(directory2) && !isWithin(checkout, realPath(directory2))).map(
      ({ path: module, newPath, file, line }) => `${workspacePath(workspace, file)}:${line} takes ${module} from ${newPath}, outside of the checkout: changes there do not change a cache key.`
    )
  };
}
function linesOf2(root) {
  const ofModules = root.modules.flatMap(({ goModFile, directory: directory2 }) => replaceLines2(goModFile, directory2));
  const [goWorkFile = ""] = root.files;
  const ofWork = root.goWork === void 0 ? [] : replaceLines2(goWorkFile, path76.dirname(goWorkFile));
  const others = ofModules.filter((line) => !ofWork.some((one) => one.path === line.path));
  return [...others, ...ofWork];
}
function replaceLines2(file, from) {
  const lines2 = /* @__PURE__ */ new Map();
  for (const directive of parseDirectives(readText(file) ?? "", file)) {
    if (directive.verb !== "replace") continue;
    const replacement = replaceArguments(directive, file);
    const key = JSON.stringify([replacement.path, replacement.version]);
    lines2.set(key, { ...replacement, file, line: directive.line, from });
  }
  return [...lines2.values()];
}
function requiredBy(root, line) {
  if (root.modules.some(({ goMod }) => goMod.module === line.path)) return [];
  return root.modules.filter(
    ({ goMod }) => goMod.require.some(
      ({ path: name, version: version3 }) => name === line.path && (line.version === version3 || line.version === void 0 && !hasVersionedReplacement(root, name, version3))
    )
  );
}
function isUsedByBuild(root, line) {
  return requiredBy(root, line).some(
    (module) => !isLazy(module) || importsInEveryBuild(module.directory, line.path)
  );
}
function hasVersionedReplacement(root, name, version3) {
  const all = [...root.modules.map(({ goMod }) => goMod), ...root.goWork === void 0 ? [] : [root.goWork]];
  return all.some(({ replace: replace2 }) => replace2.some((one) => one.path === name && one.version === version3));
}
function isLazy({ goMod }) {
  return goMod.go !== void 0 && compareGoVersions(goMod.go, "1.17") >= 0;
}
function faultOf2(line, isWorkspace2, workspace) {
  const { path: module, newPath, newVersion, file, from } = line;
  const place2 = { file: workspacePath(workspace, file), line: line.line };
  const where = `${place2.file}:${place2.line} replaces ${module}`;
  const edit = file.endsWith(".work") ? "go work edit" : "go mod edit";
  if (!isLocalReplacement(newPath)) {
    if (!newPath.includes(":")) return void 0;
    return {
      what: `${where} by ${withoutUserinfo(newPath)}, which is an address, but Go expects a module path`,
      allowed: "",
      fix: `Write ${modulePathOf(newPath)} ${newVersion}, if that is the path in its go.mod; the input \`credentials\` gives access to it.`,
      ...place2
    };
  }
  const fault = directoryFault(path76.resolve(from, newPath));
  if (fault === void 0) return void 0;
  return {
    what: `${where} by the directory ${newPath}, which ${fault}`,
    allowed: "",
    fix: `Check it out before this step, or drop the line with \`${edit} -dropreplace=${module}\`${isWorkspace2 ? ", or set GOWORK=off" : ""}. With \`dependencies: none\`, only later steps need it.`,
    ...place2
  };
}
function directoryFault(directory2) {
  if (lstat2(directory2) === void 0) return "does not exist";
  if (!isDirectory2(directory2)) return "is not a directory";
  if (isFile(path76.join(directory2, "go.mod"))) return void 0;
  return "has no go.mod (is it a submodule that is not checked out?)";
}
function modulePathOf(address2) {
  return address2.replace(/^[a-z+]+:\/\//i, "").replace(/^[^/]*@/, "").replace(/^([^/:]+):(?:\d+\/)?/, "$1/").replace(/(?:\.git)?\/*$/, "");
}

// src/validate/roots.ts
function checkReplacements(inputs, roots, workspace) {
  const found = planDependencies(inputs, roots).filter(({ action }) => action !== "nothing" && (action !== "check" || inputs["check-vendor"])).map(({ root }) => checkReplaceLines(root, workspace));
  return {
    problems: found.flatMap(({ problems }) => problems),
    outside: found.flatMap(({ outside: outside2 }) => outside2)
  };
}
function usableRoots(roots, problemsOf) {
  const checked = roots.map((root) => ({ root, problems: problemsOf(root) }));
  const isSkipped = ({ root, problems }) => root.found !== void 0 && problems.length > 0;
  return {
    roots: checked.filter((one) => !isSkipped(one)).map(({ root }) => root),
    skipped: checked.filter(isSkipped).map(({ root, problems }) => skipRoot(root, problems.map(({ what }) => what).join("; "))),
    problems: checked.filter((one) => !isSkipped(one)).flatMap(({ problems }) => problems)
  };
}
function rootProblems(inputs, root, goflags, roots) {
  return noSums2(inputs, root, goflags, roots);
}
function noSums2(inputs, root, goflags, roots) {
  if (!isUnverifiable(inputs, root)) return [];
  const where = root.label === "." ? "" : ` in ${root.label}`;
  const addsSums = goFlagValue(goflags, "mod") === "mod" && inputs.dependencies !== "vendor";
  const requesting = [
    ...["download", "vendor"].includes(inputs.dependencies) && !addsSums ? [`\`dependencies: ${inputs.dependencies}\``] : [],
    ...inputs.offline !== "false" && !addsSums ? [`\`offline: ${inputs.offline}\``] : [],
    ...inputs["bundle-output"] === "" ? [] : ["`bundle-output`"]
  ];
  const what = `There is no go.sum${where}, though go.mod requires modules`;
  const fix2 = `Run \`go mod tidy\`${where} and commit go.sum.`;
  if (requesting.length > 0) {
    return [{ what: `${what}, and ${requesting.join(" and ")} needs it to verify modules`, allowed: "", fix: fix2 }];
  }
  const isExample = root.found !== void 0 && !inputs["check-tidy"] && roots.some(hasSums2);
  return isExample ? [{ what, allowed: "", fix: fix2 }] : [];
}
function hasSums2(root) {
  return sumsOf(root).some(({ trees, goMods }) => trees.length + goMods.length > 0);
}
function strayVendorProblems(roots, goflags) {
  if ((goFlagValue(goflags, "mod") ?? "") !== "") return [];
  return roots.flatMap((root) => {
    const vendor = path77.join(root.directory, "vendor");
    const [only] = root.modules;
    const goLine = only?.goMod.go ?? "1.13";
    const isUsedByGo = root.goWork === void 0 && compareGoVersions(goLine, "1.14") >= 0;
    if (!isUsedByGo || !hasDependencies(root) || !isDirectory2(vendor)) return [];
    if (lstat2(path77.join(vendor, "modules.txt")) !== void 0) return [];
    const shownPath2 = path77.posix.join(root.label, "vendor");
    return [
      {
        what: `The directory ${shownPath2} has no modules.txt: Go treats it as its vendor directory and finds no dependency in it, so every build there fails`,
        allowed: "",
        fix: "Run `go mod vendor` and commit the directory, set `dependencies: vendor`, or set `goflags: -mod=readonly` if it belongs to another tool."
      }
    ];
  });
}
function validateRoots(inputs, { roots, workspace }, goflags) {
  const replaced3 = new Map(roots.map((root) => [root, checkReplacements(inputs, [root], workspace)]));
  const usable = usableRoots(roots, (root) => [
    ...rootProblems(inputs, root, goflags, roots),
    ...["none", "vendor"].includes(inputs.dependencies) ? [] : strayVendorProblems([root], goflags),
    ...replaced3.get(root)?.problems ?? []
  ]);
  return { ...usable, outside: usable.roots.flatMap((root) => replaced3.get(root)?.outside ?? []) };
}
async function withBuildableRoots(checkout, inputs, go2, env) {
  const usable = usableRoots(
    checkout.roots,
    (root) => root.found === void 0 ? [] : buildProblems(root, { inputs, go: go2 })
  );
  const named = buildGoVersion({ roots: usable.roots.filter(({ found }) => found === void 0), go: go2 });
  const faults = /* @__PURE__ */ new Map();
  for (const root of usable.roots) {
    const name = fetchedToolchain({ roots: [root], go: go2 });
    if (root.found === void 0 || name === "" || inputs["dry-run"]) continue;
    const version3 = buildGoVersion({ roots: [root], go: go2 });
    if (version3 === named) continue;
    const fault = await whyToolchainUnavailable(name, version3, go2.env.GOMODCACHE ?? "", {
      env,
      retries: inputs.retries
    });
    if (fault !== void 0) faults.set(root, fault);
  }
  return {
    ...checkout,
    roots: usable.roots.filter((root) => !faults.has(root)),
    skipped: [
      ...checkout.skipped,
      ...usable.skipped,
      ...Array.from(faults, ([root, fault]) => skipRoot(root, fault))
    ]
  };
}

// src/validate/validate.ts
import * as path78 from "node:path";

// src/validate/lookup-only.ts
function lookupProblems(inputs) {
  const isLookup = inputs["lookup-only"];
  const required2 = inputs["fail-on-cache-miss"];
  return [
    ...isLookup ? [...uncachedProblems("lookup-only", "true", inputs), ...workProblems(inputs)] : [],
    ...required2 === "false" ? [] : uncachedProblems("fail-on-cache-miss", required2, inputs)
  ];
}
function uncachedProblems(name, value, inputs) {
  const problem5 = (reason3) => [
    { what: `Input \`${name}\` is "${value}", but ${reason3}`, allowed: "", fix: "Remove one of the two." }
  ];
  const names = value === "true" ? ["modules", "build"] : [value];
  const off = names.filter((one) => !inputs[`cache-${one}`]).map((one) => `\`cache-${one}\``);
  const mode = inputs["cache-mode"];
  if (!inputs.cache) return problem5('`cache` is "false"');
  if (off.length === names.length)
    return problem5(`${off.join(" and ")} ${off.length === 1 ? "is" : "are"} "false"`);
  if (mode === "none" || mode === "write-only")
    return problem5(`\`cache-mode\` is "${mode}", which restores nothing`);
  return [];
}
function workProblems(inputs) {
  const requests = [
    ...inputs.dependencies === "vendor" ? [["dependencies", "vendor"]] : [],
    ...inputs["check-vendor"] ? [["check-vendor", "true"]] : [],
    ...inputs["check-tidy"] ? [["check-tidy", "true"]] : [],
    ...inputs.offline === "false" ? [] : [["offline", inputs.offline]],
    ...inputs["offline-check"].length === 0 ? [] : [["offline-check", inputs["offline-check"].join(", ")]],
    ...inputs["deps-lock-mode"] === "write" ? [["deps-lock-mode", "write"]] : [],
    ...["bundle", "bundle-output"].flatMap(
      (name) => inputs[name] === "" ? [] : [[name, inputs[name]]]
    )
  ];
  return requests.map(([name, value]) => ({
    what: `Input \`lookup-only\` is "true", so this step has no modules, but \`${name}\` is "${value}"`,
    allowed: "",
    fix: "Remove one of the two."
  }));
}

// src/validate/validate.ts
function checkProblems(inputs, roots) {
  const missing2 = (input, what, value = "true") => ({
    what: `Input \`${input}\` is "${value}", but this checkout has no ${what}`,
    allowed: "",
    fix: "Put `actions/checkout` first, set `working-directory` to the directory of the module, or remove the input."
  });
  const bundles = ["bundle", "bundle-output"].filter((input) => inputs[input] !== "" && roots.length === 0).map((input) => missing2(input, "go.mod", inputs[input]));
  const hasNoVendor = inputs["check-vendor"] && !roots.some(isVendored2);
  const hasNoModule = inputs["check-tidy"] && roots.length === 0;
  const offline = inputs["offline-check"];
  const unmatched = roots.length === 0 ? [] : offline.filter((one) => !roots.some((root) => patternsInRoot(root, [one]).length > 0));
  return [
    ...inputs.dependencies === "vendor" ? roots.flatMap(cannotVendor) : [],
    ...hasNoVendor ? [missing2("check-vendor", "vendor directory")] : [],
    ...hasNoModule ? [missing2("check-tidy", "go.mod")] : [],
    ...bundles,
    ...inputs["bundle-sha256"] !== "" && inputs.bundle === "" ? [hashWithoutBundle] : [],
    ...offline.length > 0 && roots.length === 0 ? [missing2("offline-check", "go.mod", offline.join(", "))] : [],
    ...unmatched.map((pattern) => ({
      what: `Input \`offline-check\` names "${pattern}", but no module has that directory`,
      allowed: "",
      fix: "Write it relative to the directory of the go.mod or go.work, or set `true` for all packages."
    }))
  ];
}
async function depsLockProblems(inputs, checkout) {
  if (inputs["deps-lock"] === "") return lockModeProblems(inputs);
  return lockProblems(inputs, checkout);
}
function lockModeProblems({ "deps-lock-mode": mode }) {
  if (mode === "check") return [];
  return [
    {
      what: `Input \`deps-lock-mode\` is "${mode}", but \`deps-lock\` is empty`,
      allowed: "",
      fix: "Set `deps-lock` to the file to write."
    }
  ];
}
function cannotVendor(root) {
  const target = path78.join(root.directory, "vendor");
  const blocked = [root.directory, target].find((one) => isDirectory2(one) && !isWritable(one));
  if (blocked === void 0) return [];
  return [
    {
      what: `\`dependencies: vendor\` writes the vendor directory of ${root.label}, but this user may not write to ${blocked}`,
      allowed: "",
      fix: "Run the job as the owner of the checkout, or give it write access."
    }
  ];
}
var hashWithoutBundle = {
  what: "Input `bundle-sha256` is set, but `bundle` and `bundle-check` are empty",
  allowed: "",
  fix: "Set `bundle` to the path of the bundle, or remove the input."
};
async function validateJob(variables) {
  const { inputs, problems } = readInputs(variables);
  const userEnv = GoEnv.read(withoutSecretInputs(variables));
  maskSettings(inputs, downloadBase(inputs, userEnv), userEnv);
  maskCredentials(inputs);
  maskSshKeys(inputs);
  warnOfTemporaryFolder(variables);
  removeLeftoverDirs();
  const workspace = workspaceFolder(variables);
  await maskGitSettings(workspace, userEnv.variables);
  const requested = await readRequested(inputs, workspace);
  const plan = planEnvironment(inputs, userEnv.setting, requested.requestedGo !== void 0);
  const inputEnv = userEnv.with(valuesOf(plan.changes));
  const otherFolders = nonProjectFolders(workspace, userEnv);
  const goflags = inputEnv.setting("GOFLAGS");
  const found = await readCheckout(inputs, workspace, userEnv, goflags, otherFolders);
  const isReadable = found.problems.length === 0;
  const validated = isReadable ? validateRoots(inputs, found, goflags) : void 0;
  const checkout = validated === void 0 ? found : { ...found, roots: validated.roots, skipped: [...found.skipped, ...validated.skipped] };
  const base = requested.requestedGo === void 0 ? [] : downloadBaseProblems(inputs, userEnv);
  const overlay = inputs.dependencies === "none" ? [] : overlayProblems(checkout.roots, goflags);
  const checks = isReadable ? checkProblems(inputs, checkout.roots) : [];
  const lock = isReadable ? await depsLockProblems(inputs, checkout) : [];
  const moduleProblems = [
    ...checkout.problems,
    ...checks,
    ...validated?.problems ?? [],
    ...overlay,
    ...lock
  ];
  const authorities = readCertificateInput(inputs, workspace);
  const event = readEvent(variables);
  const sshCheck = await checkSsh(inputs, event, inputEnv.variables);
  const all = [
    ...problems,
    // An invalid input counts as empty from here on.
    ...problems.some(({ what }) => /^Input `(?:s3-|cache-backend`)/.test(what)) ? [] : s3Problems(inputs, (name) => userEnv.variable(name)),
    ...credentialProblems(inputs, event, inputEnv.setting("GOAUTH")),
    ...insecureServerProblems(inputs.credentials.credentials, {
      GOPROXY: inputEnv.setting("GOPROXY"),
      GOSUMDB: inputEnv.setting("GOSUMDB")
    }),
    ...sshCheck.problems,
    ...authorities.problems,
    ...requested.problems,
    ...base,
    ...plan.problems,
    ...goflagsProblems({ goflags, roots: checkout.roots }),
    ...offlineProblems(inputs, goflags),
    ...lookupProblems(inputs),
    ...moduleProblems
  ];
  if (all.length > 0) throw new UserError(all);
  if (requested.warning !== void 0) warning2(requested.warning);
  for (const sentence of validated?.outside ?? []) info2(sentence);
  return {
    ...{ inputs, event, checkout, userEnv, inputEnv, requestedGo: requested.requestedGo },
    changes: plan.changes,
    authorities: authorities.certificates,
    ssh: sshCheck.existingSsh
  };
}
function warnOfTemporaryFolder(variables) {
  const fault = temporaryFault();
  if (fault === void 0) return;
  warning2(
    `RUNNER_TEMP is ${JSON.stringify(variables.RUNNER_TEMP)}, which ${fault}: this action keeps its files in ${temporaryFolder()} until the job ends. Give the runner a writable work folder whose path has no special characters.`
  );
}
async function readRequested(inputs, workspace) {
  if (inputs["go-version"] === "" && inputs["go-version-file"] === "") return { problems: [] };
  return readRequestedGo(inputs, workspace);
}
function downloadBase(inputs, env) {
  return inputs["go-download-base-url"] || env.variable("GO_DOWNLOAD_BASE_URL");
}
function downloadBaseProblems(inputs, env) {
  const variable3 = env.variable("GO_DOWNLOAD_BASE_URL");
  const read2 = readDownloadBase(variable3);
  if (inputs["go-download-base-url"] !== "" || "value" in read2) return [];
  return [
    {
      what: `The variable GO_DOWNLOAD_BASE_URL is "${redactedGoproxy(variable3)}", but ${read2.fault}`,
      allowed: "an http or https address without a query",
      fix: "Correct it, or set the input `go-download-base-url`, which overrides it."
    }
  ];
}

// src/phases/plan.ts
var maxCheckouts = 50;
async function collectFacts(prepared, go2) {
  const { inputs, inputEnv } = prepared;
  const { workspace, roots } = prepared.checkout;
  const { variables } = inputEnv;
  const directories = roots.flatMap((root) => root.modules.map((module) => module.directory));
  const otherFolders = nonProjectFolders(workspace, inputEnv.with(directoriesOf(go2)));
  return {
    ...prepared,
    identity: readJobIdentity(variables, inputs.matrix),
    image: detectMachineImage(),
    go: go2,
    roots,
    source: inputs.cache && inputs["cache-build"] ? await hashSource(workspace, directories, variables, otherFolders) : [],
    workspace,
    checkouts: lstat2(path79.join(workspace, ".git")) === void 0 ? directories.slice(0, maxCheckouts) : [],
    repository: inputEnv.variable("GITHUB_REPOSITORY"),
    run: `${inputEnv.variable("GITHUB_RUN_ID")}.${inputEnv.variable("GITHUB_RUN_ATTEMPT")}`,
    privateModules: privatePatterns(inputEnv.setting),
    uncheckedModules: uncheckedPatterns((name) => go2.env[name] ?? ""),
    serviceMode: inputEnv.variable("ACTIONS_CACHE_MODE").trim().toLowerCase(),
    // The token is for the cache service, not for a bucket.
    tokenMaySave: inputs["cache-backend"] === "s3" || canTokenSave(inputEnv.variable("ACTIONS_RUNTIME_TOKEN"))
  };
}
function planStore({ inputs, inputEnv, event, repository }) {
  const backend = inputs["cache-backend"];
  if (backend !== "s3") return backend;
  const read2 = readS3Server(inputs, (name) => inputEnv.variable(name));
  return "server" in read2 ? planS3Target(inputs, read2.server, event, repository) : "auto";
}
function directoriesOf({ env }) {
  const names = ["GOMODCACHE", "GOCACHE", "GOROOT", "GOPATH"];
  return Object.fromEntries(names.flatMap((name) => env[name] ? [[name, env[name]]] : []));
}
function planMain(facts) {
  const { inputs, offline } = facts;
  const off = { wanted: false, why: "input `cache` is false" };
  const lookup = {
    settings: facts.inputEnv.setting,
    offlineSource: offline.mode === "false" ? "" : offline.source
  };
  return {
    policy: planPolicy(inputs, facts.event, facts.serviceMode, facts.tokenMaySave),
    store: planStore(facts),
    excluded: inputs.cache ? planExcludedModules(inputs, facts.event, facts.roots, facts.privateModules) : nothingExcluded,
    modules: inputs.cache ? planModuleCache(inputs, facts) : off,
    build: inputs.cache ? planBuildCache(inputs, facts) : off,
    toolchain: inputs.cache ? planToolchainCache(inputs, facts, lookup) : { plan: off, name: "" },
    dependencies: planDependencies(inputs, facts.roots, hasModuleCache(facts.go)),
    goVersion: buildGoVersion(facts)
  };
}
function usesStore({ policy, modules, build, toolchain }) {
  return (policy.restore || policy.save !== "no") && [modules, build, toolchain.plan].some(({ wanted }) => wanted);
}
async function planJob(prepared) {
  const { checkout, go: go2 } = prepared;
  if (checkout.roots.length === 0 || go2 === void 0) return void 0;
  const facts = await collectFacts(prepared, go2);
  const { problems, warnings } = planGoRequirements(facts);
  const all = [...problems, ...bundleOutputProblems(facts)];
  if (all.length > 0) throw new UserError(all);
  for (const text4 of warnings) warning2(text4);
  return { ...facts, plan: planMain(facts) };
}

// src/state.ts
var stateName = "state";
var maxStateSize = 24 * 1024;
function encodeState(state) {
  const text4 = JSON.stringify(state);
  if (Buffer.byteLength(text4) > maxStateSize) throw new RangeError(`the state has ${text4.length} characters`);
  return text4;
}
function stateOf(job, outcome, folder, ended) {
  const { inputs, plan, go: go2, event } = job;
  const gomodcache = go2.env.GOMODCACHE ?? "";
  const modules = modulesState(job, outcome.modules, plan.excluded);
  const build = buildState(job, outcome.build, outcome.stableMtimes, plan.excluded);
  const toolchain = toolchainState(job, plan.toolchain.name, outcome.toolchain);
  return {
    ...{ version: 1, folder, began: outcome.began, ended, warned: outcome.hasWarned },
    backend: plan.store,
    save: plan.policy.save,
    why: plan.policy.why,
    ...outcome.hasFailed ? { failed: true } : {},
    ...isRestoreAction(inputs) ? { restoresOnly: true } : {},
    saveBuildOnFailure: inputs["cache-save-on-failure"],
    keepsPrivate: mayCachePrivate(inputs, event),
    maxSize: inputs["cache-max-size"],
    summary: inputs.summary,
    ...mustBeRemovable(gomodcache, job.workspace) ? { makeRemovable: gomodcache } : {},
    ...modules === void 0 ? {} : { modules },
    ...build === void 0 ? {} : { build },
    ...toolchain === void 0 ? {} : { toolchain }
  };
}
function modulesState(job, report, { patterns: patterns2 }) {
  const state = cacheState(job.go.env.GOMODCACHE, report);
  if (state === void 0 || report === void 0) return void 0;
  return {
    ...state,
    zips: job.inputs["cache-zips"],
    hadZips: report.hadZips,
    isExclusive: report.isExclusive,
    corrupt: report.outcome?.corrupt ?? false,
    unchecked: job.inputs.verify ? job.uncheckedModules : "",
    excluded: patterns2,
    salt: report.outcome?.corrupt ? job.run : state.matched
  };
}
function buildState(job, report, stable, excluded) {
  const state = cacheState(job.go.env.GOCACHE, report);
  if (state === void 0 || report === void 0 || !report.plan.wanted) return void 0;
  const match3 = matchKey(report.plan.key, state.matched);
  return {
    ...state,
    excluded: {
      always: excluded.build,
      why: excluded.why,
      patterns: excluded.patterns,
      gomodcache: job.go.env.GOMODCACHE ?? ""
    },
    isExclusive: report.isExclusive,
    sameJob: match3.kind === "exact" || volatileParts.includes(match3.differs.name),
    family: jobKindHash(report.plan.key, job.repository),
    job: jobHash(job),
    repository: job.repository,
    workspace: job.workspace,
    checkouts: job.checkouts,
    modulePaths: outermostModules(job.roots).slice(0, maxModules),
    testCache: job.inputs["test-cache"],
    stableMtimes: stable,
    salt: report.outcome?.corrupt ? job.run : state.matched
  };
}
function toolchainState(job, name, report) {
  const state = cacheState(job.go.env.GOMODCACHE, report);
  return state === void 0 ? void 0 : { ...state, name, salt: report?.outcome?.corrupt ? job.run : "" };
}
var maxModules = 50;
function outermostModules(roots) {
  const paths = roots.flatMap(({ modules }) => modules.map(({ goMod }) => goMod.module));
  return [...new Set(paths)].filter((one) => !paths.some((other) => one.startsWith(`${other}/`)));
}
function cacheState(directory2 = "", report) {
  if (report === void 0 || !report.plan.wanted) return void 0;
  return {
    directory: directory2,
    key: report.plan.key.full,
    matched: report.outcome?.matched ?? "",
    found: foundBy(report),
    unreachable: report.outcome?.unreachable ?? false
  };
}
function foundBy({ outcome }) {
  if (outcome === void 0 || outcome.error !== "") return "unknown";
  return outcome.found;
}

// src/phases/uses.ts
import * as path80 from "node:path";
var planName = "plan.json";
var longest6 = 128 * 1024;
function writePlan(folder, plan) {
  const text4 = typeof plan === "string" ? { began: now(), state: "", why: plan } : { began: plan.began, state: encodeState(plan), why: "" };
  write2(folder, planName, { job: jobIdentity(), ...text4 });
}
function noSaveReason(inputs, job) {
  if (inputs["dry-run"]) return "it was a dry run";
  if (job === void 0) return "it found no Go module";
  return inputs["lookup-only"] ? "it only looked up entries" : void 0;
}
function write2(folder, name, value) {
  try {
    replaceFile(path80.join(folder, name), JSON.stringify(value));
  } catch (error3) {
    debug2(`cannot write ${name}: ${error3.message}`);
  }
}

// src/phases/restore-and-fetch.ts
async function restoreAndFetch(job, transfer, timeline2, later) {
  const { plan } = job;
  const outcome = {
    ...{ began: now(), stableMtimes: "", dependencies: [], failures: [] },
    ...{ hasWarned: false, hasFailed: true }
  };
  const saveOutcome = () => {
    const state = stateOf(job, outcome, transfer.folder, now());
    saveState2(stateName, encodeState(state));
    writePlan(transfer.folder, state);
  };
  saveOutcome();
  const isReported = reportStore(job, transfer.store.unavailable);
  try {
    const build = timed(timeline2, plan.build.wanted, "restore the build cache", async () => {
      outcome.build = await restoreBuildCache(job, transfer);
      logGroup(restoreLog(outcome.build));
    });
    const ended = await Promise.allSettled([
      restoreThenFetch(job, transfer, outcome, timeline2, later, build),
      build
    ]);
    const failure = ended.find((one) => one.status === "rejected");
    const testInputs = outcome.build?.testInputs ?? [];
    if (failure === void 0) {
      await writeDepsLock(job);
      outcome.stableMtimes = await prepareTestCache(job, testInputs, transfer.folder);
    }
    const caches = [outcome.modules, outcome.build, outcome.toolchain];
    const warning3 = cacheWarning(caches.map((cache) => cache?.outcome));
    if (warning3 !== void 0 && !isReported) warning2(warning3);
    outcome.hasWarned = warning3 !== void 0 || isReported;
    outcome.hasFailed = failure !== void 0;
    if (failure !== void 0) {
      outcome.failures = failStep(failure.reason, missingSecretsLead(job));
      if (job.offline.mode !== "false") goOfflineAfterFailure(job.offline, later);
    }
    await reportMain(job, outcome, timeline2.spans());
  } finally {
    saveOutcome();
  }
}
async function restoreThenFetch(job, transfer, outcome, timeline2, later, build) {
  const { inputs, plan, offline, env, go: go2, roots } = job;
  const canQueryDatabase = offline.mode === "false";
  await Promise.all([
    timed(timeline2, plan.modules.wanted, "restore the modules", async () => {
      outcome.modules = await restoreModuleCache(job, transfer, canQueryDatabase);
      if (plan.modules.wanted || plan.modules.expected !== true) logGroup(restoreLog(outcome.modules));
    }),
    timed(timeline2, plan.toolchain.plan.wanted, "restore the toolchain", async () => {
      outcome.toolchain = await restoreToolchainCache(job, transfer);
      const { plan: planned, name } = plan.toolchain;
      if (planned.wanted || name !== "" && planned.expected !== true)
        logGroup(restoreLog(outcome.toolchain));
    })
  ]);
  handleCorruptModules(job, outcome.modules);
  if (inputs["fail-on-cache-miss"] !== "false") {
    await build;
    const missing2 = missProblems(inputs["fail-on-cache-miss"], [outcome.modules, outcome.build]);
    if (missing2.length > 0) throw new UserError(missing2);
  }
  const options = {
    env,
    gomodcache: go2.env.GOMODCACHE ?? "",
    zips: inputs["cache-zips"] === "true",
    retries: inputs.retries,
    bundled: new Set(job.bundled),
    onlyFolders: usesOnlyFolders(job.inputEnv.setting("GOPROXY")),
    folder: transfer.folder,
    fetches: offline.fetches,
    // A check that an input requests also covers modules that a search found.
    maySkip: !inputs["check-vendor"] && !inputs["check-tidy"],
    addsSums: goFlagValue(go2.env.GOFLAGS ?? "", "mod") === "mod"
  };
  const skipped3 = await fetchDependencies(plan.dependencies, options, timeline2.time, (report) => {
    outcome.dependencies = [...outcome.dependencies, report];
    logGroup(dependencyLog(report));
  });
  for (const [root, why] of skipped3) notice2(skippedText(skipRoot(root, why)));
  const fetched = { ...job, roots: roots.filter((root) => !skipped3.has(root)) };
  await offerVendorPatch(roots, outcome.dependencies, transfer.folder, env);
  await checkCheckout(fetched, transfer.folder, timeline2);
  if (inputs["bundle-output"] !== "") {
    outcome.bundle = await timeline2.time("bundle", () => makeBundle(fetched, transfer.folder));
  }
  if (offline.mode === "false" && offline.check.length === 0) return;
  outcome.offline = await goOffline(fetched, timeline2, later);
}
async function writeDepsLock({ inputs, checkout }) {
  if (inputs["deps-lock"] === "") return;
  if (inputs["deps-lock-mode"] === "write") writeLock(inputs, checkout);
  else info2(`${inputs["deps-lock"]} lists exactly the modules of this checkout (input \`deps-lock\`)`);
}
function missingSecretsLead({
  inputs,
  event,
  env,
  privateModules
}) {
  const run2 = { fork: event.fork, actor: env.variable("GITHUB_ACTOR") };
  return (output) => missingSecretsText(inputs, run2, privateModules, output);
}
function handleCorruptModules({ inputs, plan }, report) {
  const { wrong = [], outcome } = report ?? {};
  if (wrong.length === 0) return;
  const key = outcome?.matched ?? "";
  if (inputs["on-corrupt"] === "fail") throw new CorruptModules(wrong, key, deleteCommand(plan.store, key));
  warning2(corruptWarning(wrong, key));
}
function timed(timeline2, isRecorded, what, work) {
  return isRecorded ? timeline2.time(what, work) : work();
}
async function finishWithoutModules(job, later) {
  if (job.offline.mode !== "false" && !job.inputs["dry-run"]) goOfflineWithoutModules(job.offline, later);
  await reportNothing(job);
}

// src/phases/set-up.ts
import * as path81 from "node:path";
async function setUpJob(variables, cleanup, timeline2) {
  const { inputs, event, checkout, userEnv, inputEnv, ...validated } = await validateJob(variables);
  const { workspace } = checkout;
  const used = inputs.bundle === "" ? void 0 : await timeline2.time("bundle", () => useBundle(inputs, checkout, cleanup));
  const bundle = used?.source;
  const database = inputs.offline === "false" ? void 0 : await detectChecksumDatabase(workspace, inputEnv.setting("GOSUMDB"), userEnv);
  const offline = planOffline(inputs, inputEnv.setting, bundle, database);
  const offlineEnv = inputEnv.with(valuesOf(offline.forThisStep));
  const { fileVariables, env: configured } = await setUpSecrets(inputs, validated, offlineEnv, cleanup);
  const provided = validated.requestedGo === void 0 ? void 0 : await provideGo(validated.requestedGo, inputs, configured, cleanup, timeline2);
  const goroot = gorootChange(provided, userEnv.setting("GOROOT"));
  const withGo = configured.with(valuesOf(goroot));
  const chosen = provided === void 0 || provided.bin === "" ? withGo : withGo.withPath(provided.bin);
  const found = await detectChosenGo(checkout, provided, chosen);
  if (found !== void 0) maskGoDefaults(found);
  const warnings = [
    ...environmentWarnings(userEnv.setting, found?.env.GOVERSION ?? "", checkout.roots.flatMap(sumsOf)),
    ...sshWarnings(inputs["ssh-private-key"].keys, chosen.setting)
  ];
  const changes = [...validated.changes, ...goroot];
  const common = { inputs, event, inputEnv, fileVariables, provided, warnings, bundle, offline };
  const bundled = used?.names ?? [];
  if (found === void 0) return { ...common, bundled, checkout, env: chosen, changes, go: void 0 };
  const moved = moveCacheDirectories(inputs, found, userEnv);
  const placed2 = chosen.with(valuesOf(moved.changes));
  const served = used === void 0 ? [] : await used.finish(moved.go, placed2, offline.mode !== "false");
  const env = placed2.with(valuesOf(served));
  return {
    ...{ ...common, bundled, env, changes: [...changes, ...moved.changes, ...served], go: moved.go },
    // This comes last, because a bundle may hold the Go that a module requires.
    checkout: await withBuildableRoots(checkout, inputs, moved.go, env)
  };
}
async function setUpSecrets(inputs, { authorities, ssh }, env, cleanup) {
  if (inputs["dry-run"]) return { env, fileVariables: {} };
  const certificates = await configureCertificates(authorities, env, cleanup);
  noticeMissingSecrets(inputs);
  const trusting = env.with(certificates);
  const credentials = configureCredentials(inputs, trusting, cleanup);
  const withCredentials = trusting.with(credentials);
  const keys2 = configureSsh(inputs, ssh, withCredentials, cleanup);
  const areExported = inputs["export-credentials"];
  return {
    env: withCredentials.with(keys2),
    fileVariables: { ...certificates, ...areExported ? { ...credentials, ...keys2 } : {} }
  };
}
function exportToLaterSteps(job, later, cleanup) {
  const { inputs, event, env, changes, go: go2, provided, fileVariables } = job;
  if (go2 !== void 0) addProblemMatcher();
  later.set(valuesOf(changes));
  for (const folder of pathsOf2(provided, go2)) later.addPath(folder);
  later.set(fileVariables);
  if (inputs["export-credentials"])
    for (const kind of ["credentials", "ssh"]) cleanup.keepForPost(kind);
  const shared = privatePatternsToShare(inputs, event, privatePatterns(env.setting));
  const name = privatePatternsVariable;
  if (shared !== "") later.set({ [name]: mergePatterns(env.variable(name), shared) });
  later.write();
}
function gorootChange(provided, existing) {
  if (provided === void 0 || provided.root === "" || existing === "") return [];
  const why = `it was set to ${existing}, and this is the requested Go`;
  return [{ name: "GOROOT", value: provided.root, shown: provided.root, why }];
}
async function provideGo(requested, inputs, env, cleanup, timeline2) {
  const folder = cleanup.makeDir("work");
  const provided = await timeline2.time(
    "Go",
    () => setUpGo(requested, {
      env,
      checkLatest: inputs["check-latest"],
      downloadBase: downloadBase(inputs, env),
      retries: inputs.retries,
      dryRun: inputs["dry-run"],
      folder
    })
  );
  if (provided.root !== "" && isWithin(folder, provided.root)) cleanup.keepForPost("work");
  return provided;
}
async function detectChosenGo(checkout, provided, env) {
  const [first] = checkout.roots;
  if (first === void 0 && provided === void 0) return void 0;
  const isPlanOnly = provided?.bin === "";
  const go2 = await detectGo(first?.directory ?? checkout.workspace, env);
  if (!("what" in go2)) {
    return isPlanOnly ? { ...go2, env: { ...go2.env, GOVERSION: `go${provided.version}` } } : go2;
  }
  if (isPlanOnly && go2 === goNotFound) return void 0;
  throw new UserError([go2]);
}
function pathsOf2(provided, go2) {
  const gopath = (go2?.env.GOPATH ?? "").split(path81.delimiter)[0] ?? "";
  const bin = provided === void 0 ? [] : [provided.bin];
  return [...bin, .../^$|[\r\n]/.test(gopath) ? [] : [path81.join(gopath, "bin")]];
}

// src/main.ts
async function runMain() {
  const variables = processEnv();
  if (isBundleCheck(variables)) return checkBundle(variables);
  const timeline2 = startTimeline();
  const [cleanup, later] = [new Cleanup(), new LaterSteps()];
  const end = () => {
    later.write();
    cleanup.endMain();
  };
  const unregister = onExit(end);
  let prepared;
  try {
    prepared = await setUpJob(variables, cleanup, timeline2);
    logSetup(prepared);
    const job = await planJob(prepared);
    if (!prepared.inputs["dry-run"]) exportToLaterSteps(prepared, later, cleanup);
    const folder = cleanup.makeDir("work");
    cleanup.keepForPost("work");
    const noSave = noSaveReason(prepared.inputs, job);
    if (noSave !== void 0) writePlan(folder, noSave);
    if (job === void 0) await finishWithoutModules(prepared, later);
    else if (job.inputs["dry-run"]) await reportPlan(job);
    else {
      logPlan(job);
      const transfer = await startTransfer(folder, job.env.variables, job.plan.store, usesStore(job.plan));
      if (job.inputs["lookup-only"]) await lookUp2(job, transfer);
      else await restoreAndFetch(job, transfer, timeline2, later);
    }
  } catch (error3) {
    await reportFailure(failStep(error3), prepared?.inputs);
    offlineIfRequested(prepared, variables, later);
  } finally {
    end();
    unregister();
  }
}
await runPhase("main", runMain);
