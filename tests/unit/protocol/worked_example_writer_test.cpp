// Writes the blocks of the worked example of docs/protocol.md anew, for when the protocol grows:
//   <unit tests> "[worked_example]"
// Keys of the example are fixed, the device's own key and the service's CA are new each time.

#include "crypto/certificate.hpp"
#include "crypto/certificate_request.hpp"
#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "protocol/configuration.hpp"
#include "protocol/sealed.hpp"
#include "protocol/status.hpp"
#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

#include <iostream>

namespace latchkey::protocol {
namespace {

using namespace fixtures;
using namespace std::chrono_literals;

const crypto::Time now{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
constexpr std::int64_t now_s = 1767225600;

void show(std::string_view name, std::string_view text, std::string_view language = "text") {
  std::cout << "<!-- example " << name << " -->\n```" << language << "\n";
  for (; text.size() > 100 && language == "text"; text.remove_prefix(100))
    std::cout << text.substr(0, 100) << "\n";
  std::cout << text << "\n```\n\n";
}

void show_json(std::string_view name, std::string_view json) {
  show(name, Json::parse(json).dump(2), "json");
}

/// A JWS as it goes over the wire, and the JSON in it.
std::string show_jws(const std::string& name, const std::string& message) {
  const auto jws = crypto::parse_compact(message).value();
  show_json(name, crypto::as_text(jws.payload));
  show(name + "-jws", message);
  return std::string(crypto::as_text(jws.header));
}

Request wanted(const crypto::PrivateKey& key) {
  auto request = decode_request(device(), plain_request().dump()).value().request;
  request.csr = crypto::make_certificate_request(key, "12345");
  request.attributes = R"({"firmware_version":"1.4.2","model":"TH-2"})";
  return request;
}

Answer answer(Status status) {
  Answer out;
  out.request_id = request_id;
  out.device_id = "12345";
  out.status = status;
  out.tracking_id = status == Status::challenge ? "01JG8Q4W5T3K" : "01JG8Q4WAB7M";
  out.server_time = now_s;
  return out;
}

Acceptance acceptance(const crypto::PublicKey& key) {
  const crypto::Validity valid{now - 1h, now + 24h * 365};
  const crypto::Issuer issuer(crypto::make_ca("Latchkey devices", valid));
  Acceptance out;
  out.generation = 1;
  out.credential =
      CertificateCredential{.chain = {issuer.issue({"12345", key, crypto::random_serial(), valid}).value()},
                            .renew_after = now_s + 20'995'200};
  out.connection.host = "broker.example.net";
  out.connection.client_id = "12345";
  out.connection.topics = "devices/12345";
  out.config_version = 3;
  return out;
}

Configuration configuration(std::string_view state, std::string sealed = {}) {
  Configuration out;
  out.device_id = "12345";
  out.session = "vD3kq_8Zt1Rw";
  out.state = state;
  out.config_version = 3;
  out.confirmed = 1;
  out.sealed = std::move(sealed);
  return out;
}

StatusMessage status(StatusKind kind) {
  StatusMessage out;
  out.kind = kind;
  out.session = "vD3kq_8Zt1Rw";
  out.generation = 1;
  out.config_version = 3;
  return out;
}

}  // namespace

TEST_CASE("write the worked example", "[.][worked_example]") {
  const crypto::Secret group(std::string_view("the sensors' group key: 32 bytes"));
  const auto k = device_key(group.view(), "12345");
  const auto own_key = crypto::PrivateKey::generate_p256();
  show("group-key", crypto::base64_encode(group.view()));
  show("device-key", crypto::base64_encode(k.view()));
  show("answer-key", crypto::base64_encode(answer_key(k.view()).view()));

  auto request = wanted(own_key);
  const auto sign = [&] {
    return sign_request(encode_request(request, nullptr).text(), k.view(), "sensors");
  };
  show_json("request-header", show_jws("request", sign()));
  auto challenge = answer(Status::challenge);
  challenge.nonce = crypto::base64url_encode(crypto::random_bytes(40));
  show_jws("challenge", encode_signed_answer(challenge, answer_key(k.view())));
  request.nonce = challenge.nonce;
  show_jws("request-with-nonce", sign());
  auto accepted = answer(Status::accepted);
  accepted.acceptance = acceptance(own_key.public_key());
  show_jws("accepted", encode_signed_answer(accepted, answer_key(k.view())));
  const auto connected =
      encode_signed_status(status(StatusKind::connected), "12345", accepted.acceptance->connection);
  show_json("status-header", show_jws("connected", sign_status(connected, k.view(), "sensors")));
  constexpr std::string_view secret = R"({"config":{"interval_s":60,"topic":"plant/12345"}})";
  const auto sealed = Sealer(sealing_key(k.view()).view()).seal(secret);
  show_jws("configuration", encode_configuration(configuration("connected", sealed), answer_key(k.view())));
  show_json("opened", secret);
  show("ready", encode_status(status(StatusKind::ready)), "json");
  show_jws("complete", encode_configuration(configuration("ready"), answer_key(k.view())));
}

}  // namespace latchkey::protocol
