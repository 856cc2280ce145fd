#pragma once

#include "isolate/abi/entry_abi.h"

namespace skiff {

/// The ABI "cgi": a program with `_start`, an ordinary main(), answers by CGI (RFC 3875). Its
/// environment is cgi_environment.h's, its standard input the request's body, its standard output
/// the answer as cgi_response.h reads it, its standard error the app's log. The answer is complete
/// when the program returns or exits with 0; any other exit is `guest_exit`, and an answer that
/// cannot be read is `bad_response`: the program is ended where it goes wrong, and the app's log
/// says at which line.
///
/// cgiAbi() is declared in entry_abi.h.
class CgiAbi final : public EntryAbi {
 public:
  std::string_view name() const override { return "cgi"; }
  std::span<const EntryPoint> entryPoints() const override;
  Step begin(HostContext& context) const override;
  Step returned(HostContext& context, std::uint8_t entry, std::int64_t result) const override;
  Step ready(HostContext& context) const override;
  Step exited(HostContext& context, int code) const override;
};

}  // namespace skiff
