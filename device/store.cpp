#include "device/store.hpp"

#include "device/contract.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

namespace latchkey::device {
namespace {

using Done = std::expected<void, std::string>;

constexpr std::string_view credential_prefix = "credential-";
constexpr const char* request_file = "request.json";
constexpr const char* request_key_file = "request-key.pem";
constexpr const char* request_encryption_key_file = "request-encryption-key.pem";
constexpr const char* config_file = "config.json";
constexpr const char* candidate_file = ".candidate.json";  // deleted with other leftovers at the next start
// In the folder of a credential.
constexpr const char* key_file = "key.pem";
constexpr const char* certificate_file = "certificate.pem";
constexpr const char* password_file = "password";
constexpr const char* encryption_key_file = "encryption-key.pem";

using Login = std::optional<std::variant<StoredCertificate, StoredPassword>>;

Login read_certificate(const std::filesystem::path& folder) {
  auto identity = crypto::load_identity(folder / certificate_file, folder / key_file);
  if (!identity) return std::nullopt;
  return StoredCertificate{.certificate = std::move(identity->certificate),
                           .certificate_file = folder / certificate_file,
                           .key_file = folder / key_file};
}

Login read_password(const std::filesystem::path& folder) {
  if (!crypto::read_line_file(folder / password_file)) return std::nullopt;
  return StoredPassword{.password_file = folder / password_file};
}

CredentialRecord record_for(const std::string& device_id, const OpenRequest& request,
                            const NewCredential& given) {
  CredentialRecord record{.device_id = device_id,
                          .generation = given.accepted.generation,
                          .request_id = request.id,
                          .renew_after = 0,
                          .username = {},
                          .has_encryption_key = request.encryption_key.has_value(),
                          .answered_by = given.answered_by,
                          .connections = {given.accepted.connection}};
  if (const auto* certificate = std::get_if<protocol::CertificateCredential>(&given.accepted.credential))
    record.renew_after = certificate->renew_after;
  if (const auto* password = std::get_if<protocol::PasswordCredential>(&given.accepted.credential)) {
    record.renew_after = password->renew_after.value_or(0);
    record.username = password->username;
  }
  return record;
}

std::string folder_name(std::int64_t generation) {
  return std::string(credential_prefix) + std::to_string(generation);
}

/// The generation in the name of a credential's folder; nothing for another name.
std::optional<std::int64_t> generation_in(std::string_view name) {
  if (!name.starts_with(credential_prefix)) return std::nullopt;
  std::int64_t generation = 0;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + credential_prefix.size(), end, generation);
  return read.ec == std::errc() && read.ptr == end ? std::optional(generation) : std::nullopt;
}

std::expected<std::string, std::string> pem_of(const std::vector<crypto::Bytes>& chain) {
  std::string pem;
  for (const auto& der : chain) {
    const auto certificate = crypto::Certificate::from_der(der);
    if (!certificate) return std::unexpected("a certificate cannot be read: " + certificate.error().what);
    pem += certificate->to_pem();
  }
  return pem;
}

/// Runs the steps in order until one fails.
Done in_order(std::initializer_list<std::function<Done()>> steps) {
  for (const auto& step : steps)
    if (auto done = step(); !done) return done;
  return {};
}

}  // namespace

bool is_same(const protocol::Connection& a, const protocol::Connection& b) {
  return a.host == b.host && a.port == b.port && a.tls == b.tls && a.client_id == b.client_id &&
         a.ca == b.ca && a.topics == b.topics;
}

bool fits_request(const OpenRequest& request, const NewCredential& given) {
  if (!request.key)
    return std::holds_alternative<protocol::PasswordCredential>(given.accepted.credential) && given.password;
  const auto* certificate = std::get_if<protocol::CertificateCredential>(&given.accepted.credential);
  if (certificate == nullptr) return false;
  const auto leaf = crypto::Certificate::from_der(certificate->chain.front());
  const auto key = leaf ? leaf->public_key() : std::unexpected(leaf.error());
  return key && std::ranges::equal(key->spki(), request.key->public_key().spki());
}

std::optional<RenewalProof> renewal_proof(const StoredCredential& credential) {
  const auto* stored = credential.certificate();
  if (stored == nullptr) return std::nullopt;
  auto identity = crypto::load_identity(stored->certificate_file, stored->key_file);
  if (!identity) return std::nullopt;
  return RenewalProof{.key = std::move(identity->key), .certificate = identity->certificate.fingerprint()};
}

std::expected<Store, std::string> Store::open(const std::filesystem::path& path, std::string_view device_id) {
  auto folder = Folder::open(path);
  if (!folder) return std::unexpected(std::move(folder).error());
  Store store(*std::move(folder), device_id);
  if (const auto owner = store.foreign_owner(); !owner.empty())
    return std::unexpected(path.string() + " belongs to device " + owner +
                           ": give each device a folder of its own");
  return store;
}

std::string Store::foreign_owner() const {
  std::vector<std::string> owners;
  if (const auto text = folder_.read(request_file))
    if (const auto record = read_request_record(text->text())) owners.push_back(record->device_id);
  for (const auto& name : folder_.subfolders())
    if (const auto record = record_of(name)) owners.push_back(record->device_id);
  const auto other = std::ranges::find_if(owners, [this](const auto& owner) { return owner != device_id_; });
  return other == owners.end() ? std::string() : *other;
}

std::optional<crypto::PrivateKey> Store::read_key(const std::filesystem::path& name) const {
  const auto pem = folder_.read(name);
  auto key = pem ? crypto::PrivateKey::from_pem(pem->view()) : std::unexpected(crypto::Error());
  return key ? std::optional(*std::move(key)) : std::nullopt;
}

Done Store::write_key(const std::filesystem::path& name, const std::optional<crypto::PrivateKey>& key) const {
  return key ? folder_.write(name, key->to_pem().text()) : Done();
}

std::optional<OpenRequest> Store::open_request() const {
  const auto text = folder_.read(request_file);
  auto record = text ? read_request_record(text->text()) : std::nullopt;
  if (!record) return std::nullopt;
  OpenRequest request{
      .id = std::move(record->request_id),
      .renews = record->renews,
      .key = record->has_key ? read_key(request_key_file) : std::nullopt,
      .encryption_key = record->has_encryption_key ? read_key(request_encryption_key_file) : std::nullopt};
  const bool is_whole = request.key.has_value() == record->has_key &&
                        request.encryption_key.has_value() == record->has_encryption_key;
  return is_whole ? std::optional(std::move(request)) : std::nullopt;
}

Done Store::keep_request(const OpenRequest& request) const {
  const RequestRecord record{.device_id = device_id_,
                             .request_id = request.id,
                             .has_key = request.key.has_value(),
                             .has_encryption_key = request.encryption_key.has_value(),
                             .renews = request.renews};
  return in_order({[&] { return drop_request(); }, [&] { return write_key(request_key_file, request.key); },
                   [&] { return write_key(request_encryption_key_file, request.encryption_key); },
                   [&] { return folder_.write(request_file, write_record(record)); }});
}

Done Store::drop_request() const {
  return in_order({[&] { return folder_.remove(request_file); },
                   [&] { return folder_.remove(request_key_file); },
                   [&] { return folder_.remove(request_encryption_key_file); }});
}

std::optional<CredentialRecord> Store::record_of(const std::string& name) const {
  if (!name.starts_with(credential_prefix)) return std::nullopt;
  const auto text = folder_.read(std::filesystem::path(name) / "connection.json");
  auto record = text ? read_credential_record(text->text()) : std::nullopt;
  if (!record || record->connections.empty() || folder_name(record->generation) != name) return std::nullopt;
  return record;
}

std::optional<StoredCredential> Store::credential(const std::string& name) const {
  auto record = record_of(name);
  if (!record) return std::nullopt;
  const auto folder = folder_.path() / name;
  auto encryption_key =
      record->has_encryption_key ? read_key(std::filesystem::path(name) / encryption_key_file) : std::nullopt;
  auto login = record->username ? read_password(folder) : read_certificate(folder);
  if (!login || encryption_key.has_value() != record->has_encryption_key) return std::nullopt;
  return StoredCredential{
      .record = *std::move(record), .login = *std::move(login), .encryption_key = std::move(encryption_key)};
}

std::vector<StoredCredential> Store::credentials() const {
  std::vector<StoredCredential> found;
  for (const auto& name : folder_.subfolders())
    if (auto read = credential(name)) found.push_back(*std::move(read));
  std::ranges::sort(found, std::ranges::greater(), [](const auto& each) { return each.record.generation; });
  return found;
}

std::expected<StoredCredential, std::string> Store::keep_credential(const OpenRequest& request,
                                                                    const NewCredential& given) const {
  const std::filesystem::path name = folder_name(given.accepted.generation);
  const CredentialRecord record = record_for(device_id_, request, given);
  const auto done =
      in_order({[&] { return drop_credential(name); }, [&] { return folder_.make_subfolder(name); },
                [&] { return write_login(name, request, given); },
                [&] { return write_key(name / encryption_key_file, request.encryption_key); },
                [&] { return write_connections(record); }});
  if (!done) return std::unexpected(done.error());
  auto kept = credential(name);
  if (!kept) return std::unexpected("the credential cannot be read back after it was written");
  return *std::move(kept);
}

Done Store::write_login(const std::filesystem::path& folder, const OpenRequest& request,
                        const NewCredential& given) const {
  if (given.password) return folder_.write(folder / password_file, given.password->text());
  const auto chain = pem_of(std::get<protocol::CertificateCredential>(given.accepted.credential).chain);
  if (!chain) return std::unexpected(chain.error());
  return in_order({[&] { return write_key(folder / key_file, request.key); },
                   [&] { return folder_.write(folder / certificate_file, *chain, 0644); }});
}

std::expected<bool, std::string> Store::keep_connection(std::int64_t generation,
                                                        const protocol::Connection& connection) const {
  auto record = record_of(folder_name(generation));
  if (!record) return std::unexpected("there is no credential of generation " + std::to_string(generation));
  auto& newest = record->connections.front();
  if (is_same(newest, connection)) {
    if (newest.publish == connection.publish && newest.subscribe == connection.subscribe) return false;
    newest = connection;
    if (auto done = write_connections(*record); !done) return std::unexpected(done.error());
    return false;
  }
  const auto worked = record->connections.back();
  const bool is_new = !is_same(worked, connection);
  record->connections = {connection};
  if (is_new) record->connections.push_back(worked);
  if (auto done = write_connections(*record); !done) return std::unexpected(done.error());
  return is_new;
}

Done Store::note_worked(std::int64_t generation, const protocol::Connection& connection) const {
  auto record = record_of(folder_name(generation));
  if (!record) return std::unexpected("there is no credential of generation " + std::to_string(generation));
  if (record->connections.size() > 1 && is_same(record->connections.front(), connection)) {
    record->connections = {connection};
    if (auto done = write_connections(*record); !done) return done;
  }
  // Another open request renews this credential: keep it.
  const auto open = open_request();
  return open && open->id != record->request_id ? Done() : drop_request();
}

Done Store::drop_older(std::int64_t generation) const {
  for (const auto& name : folder_.subfolders())
    if (generation_in(name).value_or(generation) < generation)
      if (auto done = drop_credential(name); !done) return done;
  return {};
}

Done Store::write_connections(const CredentialRecord& record) const {
  const auto name = std::filesystem::path(folder_name(record.generation)) / "connection.json";
  return folder_.write(name, write_record(record), 0644);
}

Done Store::drop_credential(const std::string& name) const {
  const std::filesystem::path folder(name);
  if (!folder_.has(folder)) return {};
  return in_order(
      {[&] { return folder_.remove(folder / "connection.json"); }, [&] { return folder_.remove(folder); }});
}

std::optional<ConfigRecord> Store::config() const {
  const auto text = folder_.read(config_file);
  return text ? read_config_record(text->text()) : std::nullopt;
}

Done Store::keep_config(const ConfigRecord& received) const {
  const auto known = config().value_or(ConfigRecord());
  if (received.version <= known.version) return {};
  auto record = received;
  record.applied_version = known.applied_version;
  return folder_.write(config_file, write_record(record));
}

Done Store::config_applied() const {
  auto record = config();
  if (!record) return std::unexpected("there is no configuration");
  record->applied_version = record->version;
  return folder_.write(config_file, write_record(*record));
}

std::expected<std::filesystem::path, std::string> Store::write_candidate(const ConfigRecord& config) const {
  if (auto done = folder_.write(candidate_file, config.config + "\n"); !done)
    return std::unexpected(done.error());
  return folder_.path() / candidate_file;
}

Done Store::drop_candidate() const {
  return folder_.remove(candidate_file);
}

std::optional<std::int64_t> Store::server_time() const {
  const auto text = folder_.read("clock.json");
  const auto record = text ? read_clock_record(text->text()) : std::nullopt;
  return record ? std::optional(record->server_time) : std::nullopt;
}

Done Store::keep_server_time(std::int64_t server_time) const {
  const auto known = this->server_time();
  if (later_of(known, server_time) == known) return {};
  return folder_.write("clock.json", write_record(ClockRecord{.server_time = server_time}), 0644);
}

std::vector<crypto::Bytes> Store::learned_anchors() const {
  std::vector<crypto::Bytes> anchors;
  for (const auto& credential : credentials())
    for (const auto& connection : credential.record.connections)
      for (const auto& anchor : connection.ca)
        if (std::ranges::find(anchors, anchor) == anchors.end()) anchors.push_back(anchor);
  return anchors;
}

std::expected<std::filesystem::path, std::string> Store::write_anchors(
    const std::string& name, const std::vector<crypto::Bytes>& anchors) const {
  const auto pem = pem_of(anchors);
  if (!pem) return std::unexpected(pem.error());
  if (auto done = folder_.write(name, *pem, 0644); !done) return std::unexpected(done.error());
  return folder_.path() / name;
}

}  // namespace latchkey::device
