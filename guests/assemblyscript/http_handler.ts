// The part of the http-wasm handler ABI that the AssemblyScript guests use.

@external("http_handler", "get_config")
declare function get_config(buffer: usize, limit: u32): u32;
@external("http_handler", "get_method")
declare function get_method(buffer: usize, limit: u32): u32;
@external("http_handler", "get_uri")
declare function get_uri(buffer: usize, limit: u32): u32;
@external("http_handler", "set_header_value")
declare function set_header_value(
  kind: u32, name: usize, nameLength: u32, value: usize, valueLength: u32): void;
@external("http_handler", "set_status_code")
declare function set_status_code(status: u32): void;
@external("http_handler", "log")
declare function log_text(level: i32, message: usize, length: u32): void;
@external("http_handler", "write_body")
declare function write_body(kind: u32, bytes: usize, length: u32): void;

const RESPONSE: u32 = 1;
const WARN: i32 = 1;

/** Asks with room for `size` bytes, and again with more if that is not enough. */
function ask(get: (buffer: usize, limit: u32) => u32, size: i32): string {
  let bytes = new ArrayBuffer(size);
  const length = get(changetype<usize>(bytes), bytes.byteLength);
  if (<i32>length > bytes.byteLength) {
    bytes = new ArrayBuffer(length);
    get(changetype<usize>(bytes), length);
  }
  return String.UTF8.decodeUnsafe(changetype<usize>(bytes), length);
}

/** The app's `config`. */
export function config(): string {
  return ask((buffer: usize, limit: u32) => get_config(buffer, limit), 4096);
}

export function method(): string {
  return ask((buffer: usize, limit: u32) => get_method(buffer, limit), 16);
}

export function status(code: u32): void {
  set_status_code(code);
}

/** A warning in the app's log. */
export function warn(message: string): void {
  const bytes = String.UTF8.encode(message);
  log_text(WARN, changetype<usize>(bytes), bytes.byteLength);
}

export namespace Header {
  /** Sets a header field of the response. */
  export function set(name: string, value: string): void {
    const nameBytes = String.UTF8.encode(name);
    const valueBytes = String.UTF8.encode(value);
    set_header_value(RESPONSE, changetype<usize>(nameBytes), nameBytes.byteLength,
                     changetype<usize>(valueBytes), valueBytes.byteLength);
  }
}

/** Appends text to the response's body. */
export function respond(text: string): void {
  const bytes = String.UTF8.encode(text);
  write_body(RESPONSE, changetype<usize>(bytes), bytes.byteLength);
}

/** The target of the request: path and query, still percent-encoded. */
export class Uri {
  constructor(private text: string) {}

  static current(): Uri {
    return new Uri(ask((buffer: usize, limit: u32) => get_uri(buffer, limit), 2048));
  }

  /** What stands before the query, still percent-encoded. */
  path(): string {
    const end = this.text.indexOf("?");
    return end < 0 ? this.text : this.text.substring(0, end);
  }

  /** The decoded value of the query's first field of that name; empty if there is none. */
  query(name: string): string {
    const begin = this.text.indexOf("?");
    if (begin < 0) return "";
    const fields = this.text.substring(begin + 1).split("&");
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i];
      if (field.startsWith(name + "=")) return decode(field.substring(name.length + 1));
    }
    return "";
  }
}

/** Undoes percent-encoding, and "+" for a space. What is no valid escape stays as it is. */
function decode(text: string): string {
  const encoded = String.UTF8.encode(text);
  const from = Uint8Array.wrap(encoded);
  const to = new Uint8Array(from.length);
  let size = 0;
  for (let i = 0; i < from.length; i++) {
    let byte = from[i];
    if (byte == 0x2b) {
      byte = 0x20;
    } else if (byte == 0x25 && i + 2 < from.length) {
      const high = hexDigit(from[i + 1]);
      const low = hexDigit(from[i + 2]);
      if (high >= 0 && low >= 0) {
        byte = <u8>(high * 16 + low);
        i += 2;
      }
    }
    to[size++] = byte;
  }
  return String.UTF8.decode(to.buffer.slice(0, size));
}

function hexDigit(byte: u8): i32 {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
