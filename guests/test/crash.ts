// Divides by zero, some calls deep. Tests look for the lines that are marked "HERE name".

function divide(value: i32): i32 {
  return value / load<i32>(0); // HERE divide
}

function share(value: i32): i32 {
  return divide(value) + 1; // HERE share
}

export function handle_request(): u64 {
  return share(7);
}

export function handle_response(context: u32, isError: u32): void {}
