// Our side of test_jose_interop.py: reads one JSON object a line on stdin, {"op":...}, and answers each with
// one on stdout, {"error":...} where our code refuses. Nothing here is JOSE of its own: it only calls
// protocol/ and crypto/.

#include "crypto/encoding.hpp"
#include "protocol/jwk.hpp"
#include "protocol/sealed.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

namespace {

using namespace latchkey;
using Json = nlohmann::json;

struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class T>
T or_refuse(std::expected<T, std::string> result) {
  if (!result) throw Refused(result.error());
  return *std::move(result);
}
template <class T>
T or_refuse(crypto::Result<T> result) {
  if (!result) throw Refused(result.error().what);
  return *std::move(result);
}

std::string text(const Json& in, const char* name) {
  return in.at(name).get<std::string>();
}
crypto::Secret key_of(const Json& in) {
  return crypto::Secret(crypto::ByteView(or_refuse(crypto::base64url_decode(text(in, "key")))));
}
crypto::PrivateKey private_key_of(const Json& in) {
  return or_refuse(crypto::PrivateKey::from_pem(crypto::as_bytes(text(in, "pem"))));
}

Json generate(const Json& in) {
  using crypto::Algorithm;
  for (const auto algorithm : {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::ed25519}) {
    if (crypto::name_of(algorithm) != text(in, "alg")) continue;
    const auto key = crypto::PrivateKey::generate(algorithm);
    return {{"pem", key.to_pem().text()}, {"jwk", Json::parse(protocol::write_public_jwk(key.public_key()))}};
  }
  throw Refused("no such algorithm");
}

Json sign_request(const Json& in) {
  const auto payload = text(in, "payload");
  if (in.contains("key")) return {{"jws", protocol::sign_request(payload, key_of(in).view(), "fleet")}};
  const protocol::RequestHeader header{.group = "fleet", .chain = {}, .current_certificate = {}};
  return {{"jws", protocol::sign_request(payload, private_key_of(in), header)}};
}

/// As the service does: the enrolled key says which algorithm the header must repeat.
Json read_request(const Json& in) {
  const auto id = protocol::DeviceId::parse(text(in, "device_id"));
  if (!id) throw Refused("no device id");
  const auto jws = text(in, "jws");
  const auto received = protocol::decode_request(*id, jws);
  if (!received) throw Refused(received.error().message);
  const auto& proof = std::get<protocol::SignatureProof>(received->proof);
  crypto::Result<void> verified;
  if (in.contains("key")) {
    if (proof.algorithm != crypto::Algorithm::hs256) throw Refused("alg");
    verified = crypto::verify_hs256(or_refuse(crypto::parse_compact(jws)), key_of(in).view());
  } else {
    const auto key = or_refuse(protocol::read_public_jwk(in.at("jwk").dump()));
    if (proof.algorithm != key.algorithm()) throw Refused("alg");
    verified = key.verify(crypto::as_bytes(proof.signing_input), proof.signature);
  }
  if (!verified) throw Refused(verified.error().what);
  return {{"request_id", received->request.request_id}};
}

Json seal(const Json& in) {
  const auto plaintext = text(in, "plaintext");
  if (in.contains("key")) return {{"jwe", protocol::Sealer(key_of(in).view()).seal(plaintext)}};
  const auto key = or_refuse(protocol::read_public_jwk(in.at("jwk").dump()));
  return {{"jwe", protocol::Sealer(protocol::encryption_key_of(key)).seal(plaintext)}};
}

Json open_sealed(const Json& in) {
  const auto jwe = text(in, "jwe");
  const auto opened = in.contains("key") ? protocol::open_sealed(jwe, key_of(in))
                                         : protocol::open_sealed(jwe, private_key_of(in));
  if (!opened) throw Refused(opened.error());
  return {{"plaintext", opened->text()}};
}

Json answer(const std::string& line) {
  static const std::map<std::string, std::function<Json(const Json&)>> operations{
      {"generate", generate},
      {"sign_request", sign_request},
      {"read_request", read_request},
      {"seal", seal},
      {"open_sealed", open_sealed}};
  const auto in = Json::parse(line);
  try {
    return operations.at(text(in, "op"))(in);
  } catch (const Refused& refused) {
    return {{"error", refused.what()}};
  }
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line))
    std::cout << answer(line).dump() << std::endl;
}
