#include "crypto/chain.hpp"
#include "crypto/encoding.hpp"
#include "support/catch.hpp"
#include "unit/crypto/corpus.hpp"

#include <sstream>

// Written by tests/corpus/make_chains.py, where each says what is wrong with it.
namespace latchkey::crypto {
namespace {

constexpr Time now{std::chrono::seconds(1790000000)};  // NOW of tests/corpus/material.py

NameKind kind_of(const std::string& word) {
  if (word == "dns_name") return NameKind::dns_name;
  if (word == "uri") return NameKind::uri;
  if (word == "serial_number") return NameKind::serial_number;
  return NameKind::common_name;
}

struct Chain {
  explicit Chain(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("anchor "))
        anchor = base64_decode(line.substr(7)).value();
      else if (line.starts_with("name "))
        kind = kind_of(line.substr(5));
      else
        certificates.push_back(base64_decode(line).value());
    }
  }
  Bytes anchor;
  std::optional<NameKind> kind;
  std::vector<Bytes> certificates;
};

std::string verdict_on(const Chain& chain) {
  const TrustAnchor anchor = TrustAnchor::from(Certificate::from_der(chain.anchor).value()).value();
  const Result<Certificate> leaf = anchor.verify(chain.certificates, now);
  if (!leaf) return chain.kind ? "the chain is refused: " + leaf.error().what : leaf.error().what;
  if (!chain.kind) return "good";
  const Result<std::string> id = identity_in(*leaf, *chain.kind);
  if (id) return *id == "12345" ? "good" : "another id: " + *id;
  return id.error().what;
}

// A name's complaint says first whose it is.
bool says(const std::string& verdict, const Chain& chain, const std::string& expected) {
  return chain.kind && expected != "good" ? verdict.starts_with("the leaf") && verdict.contains(expected)
                                          : verdict.starts_with(expected);
}

TEST_CASE("Every hostile chain is refused for what is wrong with it, and every good one passes",
          "[chain][corpus]") {
  int good = 0;
  int hostile_chains = 0;
  int hostile_names = 0;
  for (const corpus::Case& each : corpus::cases_of("chains")) {
    const Chain chain(each.content);
    const std::string verdict = verdict_on(chain);
    CAPTURE(each.name, each.expected, verdict);
    CHECK(says(verdict, chain, each.expected));
    ++(each.expected == "good" ? good : chain.kind ? hostile_names : hostile_chains);
  }
  CHECK(good >= 30);
  CHECK(hostile_chains >= 40);
  CHECK(hostile_names >= 20);
}

TEST_CASE("A signature over a weak hash issues nothing", "[chain][corpus]") {
  int seen = 0;
  for (const corpus::Case& each : corpus::cases_of("chains")) {
    if (!each.name.ends_with("-sha1") && !each.name.ends_with("-md5")) continue;
    const Chain chain(each.content);
    const Certificate anchor = Certificate::from_der(chain.anchor).value();
    CAPTURE(each.name);
    CHECK_FALSE(Certificate::from_der(chain.certificates.back()).value().issued_by(anchor));
    ++seen;
  }
  CHECK(seen == 4);
}

TEST_CASE("Names are found in every certificate that is read, by their very bytes", "[chain][corpus]") {
  for (const corpus::Case& each : corpus::cases_of("chains")) {
    const Chain chain(each.content);
    for (const Bytes& der : chain.certificates) {
      if (!Certificate::from_der(der)) continue;
      CAPTURE(each.name);
      REQUIRE(issuer_name_digest(der));
      REQUIRE(subject_name_digest(der));
    }
  }
}

}  // namespace
}  // namespace latchkey::crypto
