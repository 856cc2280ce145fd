// The imports of http-wasm handlers (guests/include/http_handler.h) for the peers that know no such
// thing: as much of them as the benchmarks' guests use. One request at a time in an instance.
const decoder = new TextDecoder();
const encoder = new TextEncoder();

const kRequest = 0;

export class Handler {
  constructor(module) {
    const bytes = (at, length) => new Uint8Array(this.memory.buffer, at, length);
    const text = (at, length) => decoder.decode(bytes(at, length));
    const give = (from, buffer, limit) => {
      if (from.length <= limit) bytes(buffer, from.length).set(from);
      return from.length;
    };
    const instance = new WebAssembly.Instance(module, {
      http_handler: {
        get_uri: (buffer, limit) => give(encoder.encode(this.uri), buffer, limit),
        set_status_code: (status) => { this.status = status; },
        set_header_value: (kind, name, nameLength, value, valueLength) => {
          if (kind != kRequest) this.headers.push([text(name, nameLength), text(value, valueLength)]);
        },
        read_body: (kind, buffer, limit) => {
          const part = this.body.subarray(this.read, this.read + limit);
          bytes(buffer, part.length).set(part);
          this.read += part.length;
          const isLast = this.read == this.body.length;
          return BigInt(part.length) | (isLast ? 1n << 32n : 0n);
        },
        write_body: (kind, from, length) => { this.written.push(bytes(from, length).slice()); },
      },
    });
    this.exports = instance.exports;
    this.memory = instance.exports.memory;
    this.exports._initialize?.();
  }

  // `uri`: path and query. Answers {status, headers, body}.
  handle(uri, body) {
    this.uri = uri;
    this.body = body;
    this.read = 0;
    this.status = 200;
    this.headers = [];
    this.written = [];
    this.exports.handle_request();
    return { status: this.status, headers: this.headers, body: this.whole() };
  }

  whole() {
    if (this.written.length == 1) return this.written[0];
    const all = new Uint8Array(this.written.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.written) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

const kNoBody = new Uint8Array(0);

export async function answer(handler, request) {
  const body = request.body ? new Uint8Array(await request.arrayBuffer()) : kNoBody;
  const uri = request.url.slice(request.url.indexOf("/", "http://".length));
  const { status, headers, body: answered } = handler.handle(uri, body);
  return new Response(answered, { status, headers });
}
