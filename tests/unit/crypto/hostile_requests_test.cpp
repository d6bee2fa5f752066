#include "crypto/certificate_request.hpp"
#include "support/catch.hpp"
#include "unit/crypto/corpus.hpp"

// Written by tests/corpus/make_csrs.py, where each says what is wrong with it.
namespace latchkey::crypto {
namespace {

std::string_view word_for(Fault fault) {
  switch (fault) {
    case Fault::malformed:
      return "malformed";
    case Fault::weak_key:
      return "weak_key";
    case Fault::bad_signature:
      return "bad_signature";
    case Fault::refused:
      return "refused";
    case Fault::internal:
      return "internal";
  }
  return "";
}

std::string verdict_on(const std::string& der) {
  const auto said = [](const Error& error) { return std::string(word_for(error.fault)) + ": " + error.what; };
  const Result<CertificateRequest> request = CertificateRequest::parse(as_bytes(der));
  if (!request) return said(request.error());
  const Result<void> verified = request->verify_self_signature();
  return verified ? "good" : said(verified.error());
}

TEST_CASE("Every hostile request is refused for what is wrong with it, and every good one passes",
          "[csr][corpus]") {
  int good = 0;
  int hostile = 0;
  for (const corpus::Case& each : corpus::cases_of("csrs")) {
    CAPTURE(each.name, each.expected);
    CHECK(verdict_on(each.content).starts_with(each.expected));
    ++(each.expected == "good" ? good : hostile);
  }
  CHECK(good >= 12);
  CHECK(hostile >= 60);
}

}  // namespace
}  // namespace latchkey::crypto
