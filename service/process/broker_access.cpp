#include "service/process/broker_access.hpp"

#include "registry/broker_access.hpp"
#include "service/access/dynamic_security.hpp"
#include "service/access/gate.hpp"
#include "service/config/broker_login.hpp"

#include <algorithm>

namespace latchkey::service {

void BrokerAccess::listen() {
  if (tools_.config.broker_access.mode != "http") return;
  questions_.emplace(
      listen_on(ListenAddress::parse(tools_.config.broker_access.listen).value_or(ListenAddress())));
}

PublishAfterOpening BrokerAccess::after_opening() {
  if (tools_.config.broker_access.steers())
    return [this](registry::BrokerOpening opening, std::vector<mqtt::Message> messages) {
      return list_->open(std::move(opening), std::move(messages));
    };
  if (tools_.config.broker_access.mode == "http")
    return [this](registry::BrokerOpening opening, std::vector<mqtt::Message> messages) {
      return broker_http_->feed().open(std::move(opening), std::move(messages));
    };
  return {};
}

std::expected<void, std::string> BrokerAccess::start(Publisher& publisher) {
  if (auto list = start_list(publisher); !list) return list;
  start_cutter();
  start_http(publisher);
  return start_crl();
}

std::expected<void, std::string> BrokerAccess::start_list(Publisher& publisher) {
  if (!tools_.config.broker_access.steers()) return {};
  const bool has_gate = tools_.config.broker_access.mode == "gate";
  const auto make_mode = [&](access::AccessList& list) -> std::unique_ptr<access::AccessMode> {
    if (has_gate) return std::make_unique<access::Gate>(list, tools_.topics);
    return std::make_unique<access::DynamicSecurity>(list,
                                                     access::Logins(tools_.secrets.master, tools_.topics));
  };
  auto started = access::AccessList::start(
      access_login(tools_.config, tools_.secrets.access_password),
      has_gate ? access::gate_plugin : access::dynamic_security_plugin, make_mode, database_(),
      [&publisher](mqtt::Message answer) { static_cast<void>(publisher.publish(std::move(answer))); },
      tools_.metrics, tools_.log);
  if (!started) return std::unexpected(std::move(started.error()));
  list_ = std::move(*started);
  return {};
}

void BrokerAccess::start_cutter() {
  if (!tools_.config.broker_access.takes_over()) return;
  using enum access::SessionCutter::KeptOut;
  const auto& mode = tools_.config.broker_access.mode;
  cutter_ = std::make_unique<access::SessionCutter>(
      mode == "database" ? by_rights : (mode == "none" ? by_crl : by_refusal),
      [this] { return broker_login(tools_.config, tools_.secrets.broker_password); }, database_(),
      tools_.metrics, tools_.log);
}

void BrokerAccess::start_http(Publisher& publisher) {
  if (!questions_) return;
  broker_http::BrokerHttp::Handlers handlers{
      .publish =
          [&publisher](mqtt::Message message) { static_cast<void>(publisher.publish(std::move(message))); },
      .followed = {},
      .unfit = [this](const protocol::DeviceId& id) { tools_.intake.refuse(id); }};
  if (cutter_ != nullptr) handlers.followed = [this](Steady::time_point as_of) { cutter_->keeps_out(as_of); };
  broker_http_ = std::make_unique<broker_http::BrokerHttp>(
      *std::move(questions_),
      broker_http::Logins{tools_.secrets.access_token, tools_.config.broker_access.bootstrap_username,
                          tools_.secrets.bootstrap_password},
      database_(), tools_.topics, std::move(handlers), tools_.metrics, tools_.log);
  questions_.reset();
}

std::expected<void, std::string> BrokerAccess::start_crl() {
  const Config& config = tools_.config;
  if (config.crl.file.empty()) return {};
  auto ca = crypto::load_identity(config.pki.device_ca_file, config.pki.device_ca_key_file);
  if (!ca) return std::unexpected(std::move(ca.error().what));
  std::vector<crypto::Identity> cas{*std::move(ca)};
  if (!config.crl.previous_ca_file.empty()) {
    auto previous = crypto::load_identities(config.crl.previous_ca_file, config.crl.previous_ca_key_file);
    if (!previous) return std::unexpected(std::move(previous.error().what));
    std::ranges::move(*previous, std::back_inserter(cas));
  }
  crl_ = std::make_unique<CrlFile>(
      CrlFile::Options{config.crl.file, std::chrono::hours(config.crl.lifetime_h), config.crl.reload_command},
      std::move(cas), tools_.metrics, tools_.log);
  return {};
}

void BrokerAccess::add_handlers(std::vector<ChangeHandler>& handlers) {
  const auto add = [&](std::function<registry::Result<bool>(registry::Registry&)> step) {
    handlers.push_back({"access", std::move(step)});
  };
  // First: what is claimed is ended after the broker keeps its device out, which the others see to.
  if (cutter_ != nullptr)
    add([this](registry::Registry& registry) -> registry::Result<bool> {
      if (auto claimed = cutter_->claim(registry); !claimed)
        return std::unexpected(std::move(claimed.error()));
      return false;
    });
  if (list_ != nullptr)
    add([this](registry::Registry&) -> registry::Result<bool> {
      list_->poll();
      return false;
    });
  if (broker_http_ != nullptr)
    add([this](registry::Registry&) -> registry::Result<bool> {
      broker_http_->feed().poll();
      return false;
    });
  if (tools_.config.broker_access.mode == "database")
    add([this](registry::Registry& registry) -> registry::Result<bool> {
      const auto began = Steady::now();
      if (auto done = registry::access_looked_up(registry); !done)
        return std::unexpected(std::move(done.error()));
      if (cutter_ != nullptr) cutter_->keeps_out(began);
      return false;
    });
  if (crl_ != nullptr) add([this](registry::Registry& registry) { return step_crl(registry); });
}

registry::Result<bool> BrokerAccess::step_crl(registry::Registry& registry) {
  const auto began = Steady::now();
  auto more = crl_->step(registry);
  const bool keeps_out = tools_.config.broker_access.mode == "none" && more && crl_->is_current();
  if (keeps_out && cutter_ != nullptr) cutter_->keeps_out(began);
  return more;
}

bool BrokerAccess::has_check() const {
  return list_ != nullptr || broker_http_ != nullptr || cutter_ != nullptr;
}

std::optional<std::string> BrokerAccess::complaint() {
  if (list_ != nullptr) return list_->complaint();
  if (broker_http_ != nullptr)
    if (auto complaint = broker_http_->feed().complaint()) return complaint;
  return cutter_ != nullptr ? cutter_->complaint() : std::nullopt;
}

void BrokerAccess::stop() {
  list_.reset();
  broker_http_.reset();
  cutter_.reset();
}

}  // namespace latchkey::service
