#include "device/flags.hpp"

#include "base/exit_code.hpp"
#include "device/attributes.hpp"
#include "mqtt/endpoint.hpp"
#include "protocol/limits.hpp"

#include <iostream>
#include <utility>

namespace latchkey::device {
namespace {

/// The certificate chain, leaf first as in `x5c`. The leaf must belong to the key.
Checked<std::vector<crypto::Bytes>> read_chain(const Flags& flags) {
  std::vector<crypto::Bytes> chain;
  if (flags.certificate_file.empty()) return chain;
  const auto identity = crypto::load_identity(flags.certificate_file, flags.private_key_file);
  if (!identity) return bad_data(identity.error().what);
  const auto pem = crypto::read_secret_file(flags.certificate_file);
  if (!pem) return bad_data(pem.error().what);
  const auto certificates = crypto::Certificate::from_pem(pem->view());
  if (!certificates) return bad_data(flags.certificate_file + ": " + certificates.error().what);
  if (certificates->size() > protocol::limits::chain_certificates)
    return bad_data(flags.certificate_file + " has more than 5 certificates");
  for (const auto& certificate : *certificates)
    chain.emplace_back(certificate.der().begin(), certificate.der().end());
  return chain;
}

std::optional<std::string> group_of(const Flags& flags) {
  return flags.group.empty() ? std::nullopt : std::optional(flags.group);
}

Checked<OwnProof> read_private_key(const Flags& flags) {
  const auto pem = crypto::read_secret_file(flags.private_key_file);
  if (!pem) return bad_data(pem.error().what);
  auto key = crypto::PrivateKey::from_pem(pem->view());
  if (!key) return bad_data(flags.private_key_file + ": " + key.error().what);
  auto chain = read_chain(flags);
  if (!chain) return std::unexpected(std::move(chain).error());
  return PrivateKeyProof{.key = *std::move(key), .chain = *std::move(chain), .group = group_of(flags)};
}

Checked<OwnProof> read_proof(const Flags& flags) {
  namespace limits = protocol::limits;
  if (!flags.private_key_file.empty()) return read_private_key(flags);
  if (!flags.token_file.empty()) {
    auto token = crypto::read_line_file(flags.token_file);
    if (!token) return bad_data(token.error().what);
    return EnrolmentToken{*std::move(token)};
  }
  auto key = crypto::read_key_file(flags.key_file, limits::key_min_bytes, limits::key_max_bytes);
  if (!key) return bad_data(key.error().what);
  return KeyProof{*std::move(key), group_of(flags)};
}

Checked<crypto::Secret> read_password(const Flags& flags) {
  auto password = crypto::read_optional_line_file(flags.bootstrap_password_file);
  if (!password) return bad_data(password.error().what);
  return *std::move(password);
}

Checked<std::vector<crypto::Certificate>> read_anchors(const Flags& flags) {
  if (flags.server_ca_file.empty()) return std::vector<crypto::Certificate>();
  const auto pem = crypto::read_secret_file(flags.server_ca_file);
  if (!pem) return bad_data(pem.error().what);
  auto anchors = crypto::Certificate::from_pem(pem->view());
  if (!anchors) return bad_data(flags.server_ca_file + ": " + anchors.error().what);
  return *std::move(anchors);
}

/// Checks that CLI11 cannot do: combinations of flags, and formats.
Checked<protocol::DeviceId> check(const Flags& flags) {
  const auto id = protocol::DeviceId::parse(flags.id);
  if (!id) return usage("'" + flags.id + "' is not a valid device id: " + protocol::fault_of_id(flags.id));
  if (const auto url = mqtt::Endpoint::parse(flags.bootstrap_url); !url)
    return usage("--bootstrap-url: " + url.error());
  if (!protocol::Topics::valid_root(flags.provisioning_root))
    return usage("--provisioning-root: '" + flags.provisioning_root + "' is not a topic");
  if (flags.no_encryption_key && flags.key_file.empty())
    return usage("--no-encryption-key needs --key-file: secrets are then sealed under that key");
  if (flags.server_ca_file.empty() && (flags.bootstrap_url.starts_with("mqtts") || flags.key_file.empty()))
    return usage("--server-ca-file is required: the device verifies the broker and signed answers with it");
  return *id;
}

}  // namespace

Checked<Settings> read_settings(const Flags& flags) {
  const auto id = check(flags);
  if (!id) return std::unexpected(id.error());
  auto attributes = parse_attributes(flags.attributes);
  if (!attributes) return usage("--attribute: " + attributes.error());
  auto proof = read_proof(flags);
  if (!proof) return std::unexpected(std::move(proof).error());
  auto password = read_password(flags);
  if (!password) return std::unexpected(std::move(password).error());
  auto anchors = read_anchors(flags);
  if (!anchors) return std::unexpected(std::move(anchors).error());
  return Settings{.id = *id,
                  .proof = *std::move(proof),
                  .credential = flags.credential == "x509" ? protocol::CredentialType::x509
                                                           : protocol::CredentialType::password,
                  .has_encryption_key = !flags.no_encryption_key,
                  .bootstrap_url = flags.bootstrap_url,
                  .bootstrap_user = flags.bootstrap_user,
                  .bootstrap_password = *std::move(password),
                  .server_ca_file = flags.server_ca_file,
                  .anchors = *std::move(anchors),
                  .attributes = *std::move(attributes),
                  .max_message_bytes = flags.max_message_bytes,
                  .topics = protocol::Topics(flags.provisioning_root),
                  .mqtt_version = flags.mqtt_version == "5" ? mqtt::Version::v5 : mqtt::Version::v3_1_1,
                  .config_file = flags.config_file,
                  .on_config = flags.on_config};
}

namespace {

void add_bootstrap_flags(Command& command, Flags& flags) {
  command.value("--bootstrap-url", flags.bootstrap_url, "Broker for the request: mqtts://host:port",
                {.variable = "LATCHKEY_BOOTSTRAP_URL", .required = true});
  command.value("--bootstrap-user", flags.bootstrap_user, "Shared bootstrap account",
                {.variable = "LATCHKEY_BOOTSTRAP_USER"});
  command.value("--bootstrap-password-file", flags.bootstrap_password_file, "Its password, one line",
                {.variable = "LATCHKEY_BOOTSTRAP_PASSWORD_FILE"});
  command.value("--server-ca-file", flags.server_ca_file,
                "PEM: CA of the broker's certificate and of the service's signing certificate",
                {.variable = "LATCHKEY_SERVER_CA_FILE"});
  command.value("--mqtt-version", flags.mqtt_version, "MQTT version to use",
                {.one_of = {"5", "3.1.1"}, .shows_default = true});
  command.value("--provisioning-root", flags.provisioning_root,
                "Beginning of the topics of requests and answers", {.shows_default = true});
}

void add_common_flags(Command& command, Flags& flags) {
  command.value("--credential", flags.credential, "Credential to request",
                {.one_of = {"x509", "password"}, .shows_default = true});
  command.flag("--no-encryption-key", flags.no_encryption_key,
               "Let secrets be sealed under the device's key instead of an encryption_key of the request");
  command.value(
      "--attribute", flags.attributes,
      "name=value, an attribute of the device; may be repeated. Numbers and true/false keep their type");
  command.value(
      "--max-message-bytes", flags.max_message_bytes,
      "Largest message that the device takes; the service sends no larger one",
      {.within = Bounds{protocol::limits::least_message_bytes, protocol::limits::most_message_bytes}});
  command.flag("--no-clock", flags.no_clock,
               "Act as a device without a clock: answer the service's challenge");
  add_bootstrap_flags(command, flags);
}

}  // namespace

void add_device_flags(Command& command, Flags& flags) {
  command.value("ID", flags.id, "The device's id, as it is enrolled", {.required = true});
  command.value("--dir", flags.folder, "Folder for the device's files; created if it is missing",
                {.required = true});
  auto proof = command.alternatives("Proof", "Exactly one of:");
  proof.value("--key-file", flags.key_file,
              "The device's own key, 32-64 bytes, raw or as one base64 line; `latchkey enroll derive-key`\n"
              "derives it from a group's key");
  proof.value("--private-key-file", flags.private_key_file,
              "The device's private key, PEM: P-256, P-384, Ed25519 or RSA 2048-4096. Without\n"
              "--certificate-file the device is enrolled by its public key");
  proof.value("--token-file", flags.token_file, "An enrolment token, one line");
  command.value("--certificate-file", flags.certificate_file,
                "Certificate chain of --private-key-file, PEM: the leaf first, up to the group's CA",
                {.needs = "--private-key-file"});
  command.value("--group", flags.group,
                "Enrolment group: required with a key that was derived from the group's");
  command.value("--config-file", flags.config_file,
                "File for the JSON of the applied configuration; replaced atomically");
  command.value("--on-config", flags.on_config,
                "Program that applies or refuses a new configuration, called as PROGRAM FILE VERSION");
  add_common_flags(command, flags);
}

void add_fleet_flags(Command& command, Flags& flags) {
  command.value("ID", flags.id, "Beginning of the devices' ids; 1, 2 ... is appended", {.required = true});
  command.value("--dir", flags.folder, "Folder for the devices' folders; created if it is missing",
                {.required = true});
  command.value("--group", flags.group, "Their enrolment group");
  auto proof = command.alternatives("Proof", "Exactly one of:");
  proof.value("--key-file", flags.key_file,
              "The key of --group, 32-64 bytes, raw or as one base64 line; each device's is derived from it",
              {.needs = "--group"});
  proof.value("--token-file", flags.token_file, "The enrolment token that all devices use, one line");
  add_common_flags(command, flags);
}

void add_run_flags(Command& command, RunFlags& flags) {
  command.value("--patience", flags.patience_s,
                "Seconds to wait for a connection that works before the device tries the next one",
                {.within = Bounds{1, 86400}, .shows_default = true});
  command.value("--start-within", flags.start_within_s,
                "Start after a random delay of up to N seconds: 30 in a fleet that may power up all at once",
                {.within = Bounds{0, 3600}, .shows_default = true});
}

std::unexpected<Failure> usage(std::string what) {
  return std::unexpected(Failure{exit_code::usage, std::move(what)});
}
std::unexpected<Failure> bad_data(std::string what) {
  return std::unexpected(Failure{exit_code::bad_data, std::move(what)});
}

void remark(std::string_view what) {
  std::cerr << "latchkey-device: " << what << '\n';
}

void hint(std::string_view what) {
  std::cerr << "  hint: " << what << '\n';
}

}  // namespace latchkey::device
