// Greets whoever the query names: /?name=World answers "Hello, World!".
import { Header, Uri, respond } from "./http_handler";

export function handle_request(): u64 {
  const name = Uri.current().query("name");
  Header.set("content-type", "text/plain; charset=utf-8");
  respond(`Hello, ${name.length > 0 ? name : "stranger"}!\n`);
  return 0; // done: nothing goes on to an origin
}

export function handle_response(context: u32, isError: u32): void {}
