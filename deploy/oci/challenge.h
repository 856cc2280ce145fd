#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skiff {

/// What a registry that answers 401 asks for (RFC 9110, section 11.6.1; the registry's token
/// specification).
struct AuthChallenge {
  enum class Scheme : std::uint8_t { basic, bearer };
  Scheme scheme = Scheme::basic;
  // Of a bearer; each may be empty.
  std::string realm;
  std::string service;
  std::string scope;

  bool operator==(const AuthChallenge&) const = default;
};

/// The challenges of a WWW-Authenticate field in their order. Schemes that are not known, and what
/// is no challenge, are left out; text behind something that cannot be read is dropped. Total.
std::vector<AuthChallenge> parseChallenges(std::string_view field);

}  // namespace skiff
