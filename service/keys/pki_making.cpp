#include "base/host.hpp"
#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "service/keys/pki.hpp"

#include <algorithm>
#include <system_error>

namespace latchkey::service {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t master_key_size = 32;
// Backdated: a device whose clock is slow must accept a new certificate.
constexpr std::chrono::hours before_now{1};

/// A file to write.
struct Content {
  PkiFile about;
  crypto::Secret bytes;
};

crypto::Validity validity(crypto::Time now, std::chrono::days life) {
  return {now - before_now, now + life};
}

void add_identity(std::vector<Content>& files, const std::string& name, const crypto::Identity& identity,
                  const std::string& certificate_purpose, const std::string& key_purpose) {
  files.push_back(
      {{name + ".pem", certificate_purpose, false}, crypto::Secret(identity.certificate.to_pem())});
  files.push_back({{name + "-key.pem", key_purpose, true}, identity.key.to_pem()});
}

crypto::Secret master_key_line() {
  crypto::Secret key(master_key_size);
  crypto::fill_random(key.writable());
  std::string line = crypto::base64_encode(key.view()) + "\n";
  crypto::Secret kept(line);
  crypto::wipe(line);
  return kept;
}

std::vector<Content> make_contents(const std::vector<std::string>& hosts, const PkiLifetimes& lifetimes,
                                   crypto::Time now) {
  const auto device_ca = crypto::make_ca("Latchkey device CA", validity(now, lifetimes.ca));
  const auto server_ca = crypto::make_ca("Latchkey server CA", validity(now, lifetimes.ca));
  const auto signing =
      crypto::make_signing_identity(server_ca, "Latchkey answers", validity(now, lifetimes.signing));
  const auto broker = crypto::make_server_identity(server_ca, hosts, validity(now, lifetimes.broker));
  std::vector<Content> files;
  add_identity(files, "device-ca", device_ca,
               "knows devices: for the service, and for the broker's device listener",
               "issues device certificates: for the service alone");
  add_identity(files, "server-ca", server_ca,
               "goes into devices: by it they know the broker and the service's answers",
               "made the two below and will make the next: keep it offline, the service never needs it");
  add_identity(files, "signing", signing, "the service's certificate for signing answers",
               "its key: for the service");
  add_identity(files, "broker", broker, "the broker's certificate", "its key: for the broker");
  files.push_back({{"master.key",
                    "seals the keys in the registry: for the service and for who enrols; back it up, "
                    "without it those keys are lost",
                    true},
                   master_key_line()});
  return files;
}

std::expected<void, std::string> check_input(const std::vector<std::string>& hosts,
                                             const PkiLifetimes& lifetimes) {
  if (hosts.empty()) return std::unexpected("the broker's certificate needs a host name");
  for (const auto& host : hosts) {
    if (!is_host(host))
      return std::unexpected("\"" + host +
                             "\" is not a host: name a DNS name or an IP address, without a port");
  }
  if (lifetimes.signing > lifetimes.ca || lifetimes.broker > lifetimes.ca)
    return std::unexpected("no certificate may outlive its CA");
  return {};
}

std::expected<void, std::string> check_free(const fs::path& folder, const std::vector<Content>& files) {
  std::string taken;
  for (const auto& file : files) {
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(folder / file.about.name, ignored)))
      taken.append(taken.empty() ? "" : ", ").append(file.about.name);
  }
  if (taken.empty()) return {};
  return std::unexpected(folder.string() + " contains " + taken + " already; nothing was written");
}

std::expected<void, std::string> write_one(const fs::path& path, const Content& file) {
  const auto written = crypto::create_secret_file(path, file.bytes.view());
  if (!written) return std::unexpected(written.error().what);
  std::error_code error;
  using enum fs::perms;
  if (!file.about.secret) fs::permissions(path, owner_read | owner_write | group_read | others_read, error);
  if (!error) return {};
  std::error_code ignored;
  fs::remove(path, ignored);
  return std::unexpected(path.string() + ": " + error.message());
}

/// All of them or none.
std::expected<void, std::string> write_all(const fs::path& folder, const std::vector<Content>& files) {
  for (auto file = files.begin(); file != files.end(); ++file) {
    const auto written = write_one(folder / file->about.name, *file);
    if (written) continue;
    std::error_code ignored;
    std::for_each(files.begin(), file,
                  [&](const Content& done) { fs::remove(folder / done.about.name, ignored); });
    return written;
  }
  return {};
}

}  // namespace

std::expected<std::vector<PkiFile>, std::string> make_pki(const fs::path& folder,
                                                          const std::vector<std::string>& hosts,
                                                          const PkiLifetimes& lifetimes, crypto::Time now) {
  if (auto checked = check_input(hosts, lifetimes); !checked) return std::unexpected(checked.error());
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return std::unexpected("cannot make " + folder.string() + ": " + error.message());
  const auto files = make_contents(hosts, lifetimes, now);
  if (auto free = check_free(folder, files); !free) return std::unexpected(free.error());
  if (auto written = write_all(folder, files); !written) return std::unexpected(written.error());
  std::vector<PkiFile> made;
  std::ranges::transform(files, std::back_inserter(made), [](const Content& file) { return file.about; });
  return made;
}

}  // namespace latchkey::service
