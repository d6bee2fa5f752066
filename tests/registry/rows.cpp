#include "rows.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "registry/requests.hpp"
#include "registry/statuses.hpp"
#include "support/catch.hpp"

namespace latchkey::test {
namespace {

using registry::Clock;

Clock now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string uuid() {
  std::string text = crypto::to_hex(crypto::random_bytes(16));
  for (const std::size_t dash : {8U, 13U, 18U, 23U})
    text.insert(dash, "-");
  return text;
}

crypto::Sha256Digest digest_of(std::string_view text) {
  return crypto::sha256(crypto::as_bytes(text));
}

registry::NewCredential credential_of(const Wanted& wanted) {
  registry::NewCredential credential;
  credential.request_id = request_id(wanted.request);
  credential.digest = digest_of(credential.request_id);
  credential.serial = crypto::random_bytes(16);
  credential.certificate = crypto::random_bytes(64);
  credential.fingerprint = crypto::sha256(credential.certificate);
  credential.key_fingerprint = digest_of(wanted.device + credential.request_id);
  credential.not_before = now() - std::chrono::hours(1);
  credential.not_after = now() + wanted.life;
  credential.use_by = credential.not_after;
  return credential;
}

registry::DecidedStatus status_of(const Said& said, protocol::StatusKind kind) {
  protocol::StatusMessage status;
  status.kind = kind;
  status.session = said.session;
  return {.device_id = id_of(said.device),
          .status = status,
          .expected = said.expected,
          .next = said.next,
          .handed_over = {},
          .configured_before = {},
          .configured = {}};
}

template <class Rows>
registry::Outcome only(const registry::Result<Rows>& outcomes) {
  INFO((outcomes ? "" : outcomes.error().what));
  REQUIRE(outcomes);
  REQUIRE(outcomes->size() == 1);
  return outcomes->front();
}

}  // namespace

protocol::DeviceId id_of(std::string_view text) {
  return protocol::DeviceId::parse(text).value();
}

std::string request_id(std::string_view name) {
  return crypto::base64url_encode(digest_of(name)).substr(0, 22);
}

registry::RequestKey key_of(const std::string& device, std::string_view request) {
  return {id_of(device), request_id(request), {}, {}, {}, {}, {}};
}

registry::Attempt attempt_of(const std::string& device, std::string_view decision) {
  return {.tracking_id = uuid(),
          .device_id = device,
          .received_at = now(),
          .decision = decision,
          .code = {},
          .cause = {},
          .group = {}};
}

registry::DecidedRequest accepted(const Wanted& wanted) {
  registry::DecidedRequest row{attempt_of(wanted.device, "accepted"), registry::Registration(), {}, {}};
  row.attempt.group = wanted.group;
  row.registration->expected_generation = wanted.expected;
  row.registration->to_registered = wanted.to_registered;
  row.registration->enrolled_by = wanted.group ? "group:" + *wanted.group : "device";
  row.registration->quota = wanted.quota;
  row.registration->attributes = wanted.attributes;
  row.registration->credential = credential_of(wanted);
  return row;
}

registry::DecidedRequest repeated(const std::string& device, std::int64_t generation) {
  return {attempt_of(device, "repeated"), {}, generation, {}};
}

registry::DecidedRequest rejected(const std::string& device, registry::Cause cause) {
  registry::DecidedRequest row{attempt_of(device, "rejected"), {}, {}, {}};
  row.attempt.code = "unauthorized";
  row.attempt.cause = std::move(cause);
  return row;
}

registry::DecidedRequest with_key(const std::string& device, std::uint8_t key, std::int64_t expected) {
  auto row = accepted({.device = device,
                       .request = std::to_string(expected) + "-" + std::to_string(key),
                       .expected = expected == 0 ? std::nullopt : std::optional(expected),
                       .to_registered = expected == 0});
  row.registration->credential.key_fingerprint = {key};
  return row;
}

registry::DecidedStatus connected(const Said& said, std::int64_t generation) {
  auto row = status_of(said, protocol::StatusKind::connected);
  row.status.generation = generation;
  row.confirms = true;
  return row;
}

registry::DecidedStatus plainly_connected(const Said& said, std::int64_t generation) {
  auto row = connected(said, generation);
  row.confirms = false;
  return row;
}

registry::DecidedStatus ready(const Said& said, std::int64_t config_version) {
  auto row = status_of(said, protocol::StatusKind::ready);
  row.status.config_version = config_version;
  return row;
}

registry::DecidedStatus failed(const Said& said, std::string code, std::string message) {
  auto row = status_of(said, protocol::StatusKind::failed);
  row.status.code = std::move(code);
  row.status.message = std::move(message);
  return row;
}

registry::DecidedStatus disconnected(const Said& said) {
  return status_of(said, protocol::StatusKind::disconnected);
}

registry::Outcome commit_one(registry::Registry& registry, const registry::DecidedRequest& row) {
  return only(commit_requests(registry, std::span(&row, 1)));
}

registry::Outcome commit_one(registry::Registry& registry, const registry::DecidedStatus& row) {
  return only(commit_statuses(registry, std::span(&row, 1)));
}

registry::RequestFacts load_one(registry::Registry& registry, const registry::RequestKey& key) {
  auto loaded = load_requests(registry, std::span(&key, 1));
  INFO((loaded ? "" : loaded.error().what));
  REQUIRE(loaded);
  return std::move(loaded->facts.at(0));
}

registry::StatusFacts load_status(registry::Registry& registry, const std::string& device,
                                  std::optional<std::int64_t> generation, bool is_signed) {
  const registry::StatusKey key{id_of(device), generation, is_signed};
  auto loaded = load_statuses(registry, std::span(&key, 1));
  INFO((loaded ? "" : loaded.error().what));
  REQUIRE(loaded);
  return std::move(loaded->facts.at(0));
}

void register_devices(registry::Registry& registry, std::initializer_list<std::string> devices) {
  std::vector<registry::DecidedRequest> rows;
  for (const auto& device : devices)
    rows.push_back(accepted({.device = device}));
  const auto outcomes = commit_requests(registry, rows);
  INFO((outcomes ? "" : outcomes.error().what));
  REQUIRE(outcomes);
  CHECK(*outcomes == std::vector(rows.size(), registry::Outcome::won));
}

}  // namespace latchkey::test
