//! Turns CSV (RFC 4180) into JSON: POST the one, get the other, as a CGI program. The first row names
//! the columns; every further one becomes an object. `?delimiter=;` divides by another character,
//! `?numbers=yes` leaves the quotes off what JSON takes for a number.
//!
//! The body is read and checked whole before anything is written, so that an error is answered as one.

use std::env;
use std::io::{self, Read, Write};

mod csv;
mod json;

const MAX_BODY: usize = 8 * 1024 * 1024;

/// An answer that is not 200.
struct Problem {
    status: &'static str,
    detail: String,
}

fn problem(status: &'static str, detail: impl Into<String>) -> Problem {
    Problem { status, detail: detail.into() }
}

struct Options {
    delimiter: u8,
    numbers: bool,
}

impl Options {
    fn from_query(query: &str) -> Result<Options, Problem> {
        let mut options = Options { delimiter: b',', numbers: false };
        for field in query.split('&').filter(|field| !field.is_empty()) {
            match field.split_once('=') {
                Some(("delimiter", "%09" | "tab")) => options.delimiter = b'\t',
                Some(("delimiter", ";" | "%3B" | "%3b")) => options.delimiter = b';',
                Some(("delimiter", "," | "%2C" | "%2c")) => options.delimiter = b',',
                Some(("delimiter", "|" | "%7C" | "%7c")) => options.delimiter = b'|',
                Some(("numbers", "yes")) => options.numbers = true,
                Some(("numbers", "no")) => options.numbers = false,
                _ => {
                    let known = "delimiter is one of , ; | tab; numbers is yes or no";
                    return Err(problem("400 Bad Request", known));
                }
            }
        }
        Ok(options)
    }
}

fn read_body() -> Result<String, Problem> {
    let announced = env::var("CONTENT_LENGTH").ok().and_then(|length| length.parse().ok());
    let mut body = Vec::with_capacity(announced.unwrap_or(0).min(MAX_BODY) + 1);
    let limit = MAX_BODY as u64 + 1;
    io::stdin()
        .take(limit)
        .read_to_end(&mut body)
        .map_err(|error| problem("400 Bad Request", format!("the body broke off: {}", error)))?;
    if body.len() > MAX_BODY {
        return Err(problem("413 Content Too Large", "a table may have 8 MiB"));
    }
    String::from_utf8(body).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        problem("400 Bad Request", format!("not UTF-8 at byte {}", place))
    })
}

/// Reads the table once without writing anything: whatever is wrong with it is found here.
fn check(text: &str, delimiter: u8) -> Result<Vec<String>, Problem> {
    let broken = |line: usize, detail: &str| {
        problem("422 Unprocessable Content", format!("line {}: {}", line, detail))
    };
    let mut rows = csv::Rows::new(text, delimiter);
    let columns = match rows.next() {
        Some(Ok(row)) => row.fields,
        Some(Err(error)) => return Err(broken(error.line, error.detail)),
        None => return Err(problem("422 Unprocessable Content", "there is no first row with names")),
    };
    for row in rows {
        match row {
            Ok(row) if row.fields.len() == columns.len() => {}
            Ok(row) => {
                let counts = format!("{} fields, but {} names", row.fields.len(), columns.len());
                return Err(broken(row.line, &counts));
            }
            Err(error) => return Err(broken(error.line, error.detail)),
        }
    }
    Ok(columns.into_iter().map(String::from).collect())
}

fn write_rows(out: &mut impl Write, text: &str, columns: &[String], options: &Options) -> io::Result<()> {
    out.write_all(b"[")?;
    let rows = csv::Rows::new(text, options.delimiter).skip(1);
    for (i, row) in rows.filter_map(Result::ok).enumerate() {
        out.write_all(if i == 0 { b"\n{" } else { b",\n{" })?;
        for (j, (name, field)) in columns.iter().zip(&row.fields).enumerate() {
            if j > 0 {
                out.write_all(b",")?;
            }
            json::write_text(out, name)?;
            out.write_all(b":")?;
            if options.numbers && json::is_number(field) {
                out.write_all(field.as_bytes())?;
            } else {
                json::write_text(out, field)?;
            }
        }
        out.write_all(b"}")?;
    }
    out.write_all(b"\n]\n")
}

fn answer(out: &mut impl Write) -> Result<io::Result<()>, Problem> {
    if env::var("REQUEST_METHOD").as_deref() != Ok("POST") {
        return Err(problem("405 Method Not Allowed", "POST a table as CSV"));
    }
    let options = Options::from_query(&env::var("QUERY_STRING").unwrap_or_default())?;
    let text = read_body()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text); // spreadsheets begin with it
    let columns = check(text, options.delimiter)?;
    Ok(out
        .write_all(b"Content-Type: application/json\r\n\r\n")
        .and_then(|()| write_rows(out, text, &columns, &options)))
}

fn answer_problem(out: &mut impl Write, problem: &Problem) -> io::Result<()> {
    let (code, title) = problem.status.split_at(3);
    write!(out, "Status: {}\r\nContent-Type: application/problem+json\r\n", problem.status)?;
    if code == "405" {
        out.write_all(b"Allow: POST\r\n")?;
    }
    write!(out, "\r\n{{\"title\":\"{}\",\"status\":{},\"detail\":", title.trim_start(), code)?;
    json::write_text(out, &problem.detail)?;
    out.write_all(b"}\n")
}

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(32 * 1024, io::stdout().lock());
    match answer(&mut out) {
        Ok(written) => written?,
        Err(problem) => answer_problem(&mut out, &problem)?,
    }
    out.flush()
}
