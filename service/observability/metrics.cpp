#include "service/observability/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace latchkey::service {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using Labels = std::map<std::string, std::string>;

constexpr std::array stages = {"wait", "decode", "load", "decide", "commit", "answer"};
constexpr std::array drops = {"retained",         "too_large",   "bad_topic",
                              "inbox_full",       "outbox_full", "bad_status",
                              "broker_not_ready", "old_status",  "refused_by_broker"};
constexpr std::array states = {
    "off", "provisioning_requested", "registered", "connected", "ready", "suspended", "revoked"};
constexpr std::array credential_types = {"x509", "password"};
constexpr std::array kinds = {protocol::StatusKind::connected, protocol::StatusKind::ready,
                              protocol::StatusKind::failed, protocol::StatusKind::disconnected};

// From the time of a single request on an idle machine to the age at which a request is stale.
const Histogram::BucketBoundaries seconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                             0.1,    0.25,  0.5,    1,     2.5,  5,     10};
const Histogram::BucketBoundaries sizes = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000};

double seconds_of(Metrics::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

template <class Enum>
std::size_t index_of(Enum value) {
  return static_cast<std::size_t>(value);
}

}  // namespace

struct Metrics::Series {
  struct Answered {
    protocol::Status status;
    std::string_view code;
    Counter* count;
  };

  Series();
  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram& histogram(const std::string& name, const std::string& help,
                       const Histogram::BucketBoundaries& buckets, const Labels& labels = {});
  void make_answered();

  prometheus::Registry registry;
  std::vector<Answered> answered;
  Histogram& latency =
      histogram("latchkey_request_duration_seconds",
                "Time from the intake of a request until its answer is handed over.", seconds);
  std::array<Histogram*, stages.size()> took{};
  std::array<Histogram*, 2> batch{};
  std::array<Counter*, drops.size()> dropped{};
  std::array<Counter*, credential_types.size()> issued{};
  std::array<std::array<Counter*, 2>, kinds.size()> statuses{};
  std::array<Gauge*, states.size()> devices{};
  Counter& shed = counter("latchkey_requests_shed_total",
                          "Requests that were answered retry because the inbox was full.");
  Counter& broker_connections = counter("latchkey_broker_connections_total",
                                        "Connections to the broker on which every subscription succeeded.");
  Counter& broker_failures =
      counter("latchkey_broker_failures_total",
              "Connections to the broker that ended, and connection attempts that failed.");
  Counter& access_failures = counter("latchkey_broker_access_failures_total",
                                     "Failed updates of the broker's list of passwords and blocked devices.");
  Gauge& access_up =
      gauge("latchkey_broker_access_up",
            "1 while the broker's list of passwords and blocked devices agrees with the registry, and "
            "if the service does not maintain it.");
  Gauge& access_entries =
      gauge("latchkey_broker_access_entries",
            "Entries of the broker's list: passwords and blocked devices (dynamic-security), or the "
            "devices and denied certificates that the gate knows.");
  Counter& lost_commits =
      counter("latchkey_database_lost_commits_total",
              "Connections to a database that lacked what it had committed: a standby was "
              "promoted without the last commits.");
  Counter& crl_failures = counter("latchkey_crl_failures_total",
                                  "Failed attempts to write the CRL or to notify the broker of it.");
  Gauge& crl_entries = gauge("latchkey_crl_entries", "Certificates on the CRL.");
  Gauge& crl_end =
      gauge("latchkey_crl_next_update_timestamp_seconds",
            "When the last CRL that was written expires, in Unix seconds; 0: no CRL was written.");
  Gauge& broker_up = gauge("latchkey_broker_up", "1 while the service is subscribed at the broker.");
  Gauge& database_up =
      gauge("latchkey_database_up", "1 while the database answers and its schema is new enough.");
  Gauge& look = gauge("latchkey_operators_look_timestamp_seconds",
                      "When the registry was last polled for operators' changes, in Unix seconds; 0: "
                      "not yet. Polled every 5 s while the registry answers.");
  Gauge& inbox_messages = gauge("latchkey_inbox_messages", "Messages that wait for a worker.");
  Gauge& inbox_bytes =
      gauge("latchkey_inbox_bytes", "Bytes of these messages; limits.inbox_bytes is their limit.");
  Gauge& outbox_messages =
      gauge("latchkey_outbox_messages", "Messages that the broker has not acknowledged yet.");
};

Metrics::Series::Series() {
  make_answered();
  for (std::size_t i = 0; i < stages.size(); ++i)
    took[i] = &histogram("latchkey_stage_duration_seconds",
                         "Duration of a step: wait for a message, the other steps for a batch.", seconds,
                         {{"stage", stages[i]}});
  for (const auto channel : {protocol::Channel::request, protocol::Channel::status})
    batch[channel == protocol::Channel::request ? 0 : 1] =
        &histogram("latchkey_batch_size", "Messages that a worker took as a batch.", sizes,
                   {{"kind", channel == protocol::Channel::request ? "request" : "status"}});
  for (std::size_t i = 0; i < drops.size(); ++i)
    dropped[i] = &counter("latchkey_messages_dropped_total", "Messages that were dropped without an answer.",
                          {{"reason", drops[i]}});
  for (std::size_t i = 0; i < credential_types.size(); ++i)
    issued[i] = &counter("latchkey_credentials_issued_total", "Credentials that were committed.",
                         {{"type", credential_types[i]}});
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    for (const bool counts : {false, true})
      statuses[i][counts ? 1 : 0] = &counter(
          "latchkey_statuses_total",
          "Statuses of devices. result=\"ignored\": not from a live credential or not from the open session.",
          {{"kind", std::string(name_of(kinds[i]))}, {"result", counts ? "counted" : "ignored"}});
  }
  for (std::size_t i = 0; i < states.size(); ++i)
    devices[i] = &gauge("latchkey_devices",
                        "Devices by state, as counted recently in the registry. Every replica shows the "
                        "whole fleet: use the maximum, not the sum.",
                        {{"state", states[i]}});
}

void Metrics::Series::make_answered() {
  const auto add = [this](protocol::Status status, std::string_view code) {
    answered.push_back({status, code,
                        &counter("latchkey_requests_total", "Requests answered, by status and code.",
                                 {{"status", std::string(name_of(status))}, {"code", std::string(code)}})});
  };
  for (const auto status :
       {protocol::Status::accepted, protocol::Status::pending, protocol::Status::challenge})
    add(status, "");
  for (std::size_t i = 0; i <= index_of(protocol::Code::unavailable); ++i) {
    const protocol::CodeRule& rule = protocol::rule(static_cast<protocol::Code>(i));
    add(rule.status, rule.name);
  }
}

Counter& Metrics::Series::counter(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}

Gauge& Metrics::Series::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
}

Histogram& Metrics::Series::histogram(const std::string& name, const std::string& help,
                                      const Histogram::BucketBoundaries& buckets, const Labels& labels) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(labels, buckets);
}

Metrics::Metrics() : series_(std::make_unique<Series>()) {
  set_default_rows({{"attempt", 0}, {"event", 0}});
}
Metrics::~Metrics() = default;

void Metrics::answered(protocol::Status status, std::string_view code, Duration since_received) {
  series_->latency.Observe(seconds_of(since_received));
  const auto is_it = [&](const Series::Answered& entry) {
    return entry.status == status && entry.code == code;
  };
  const auto found = std::ranges::find_if(series_->answered, is_it);
  if (found != series_->answered.end()) found->count->Increment();
}

void Metrics::issued(std::string_view credential_type) {
  const auto found = std::ranges::find(credential_types, credential_type);
  if (found != credential_types.end())
    series_->issued[static_cast<std::size_t>(found - credential_types.begin())]->Increment();
}

void Metrics::status(protocol::StatusKind kind, bool counts) {
  series_->statuses[index_of(kind)][counts ? 1 : 0]->Increment();
}

void Metrics::batch(protocol::Channel channel, std::size_t size) {
  series_->batch[channel == protocol::Channel::request ? 0 : 1]->Observe(static_cast<double>(size));
}

void Metrics::took(Stage stage, Duration duration) {
  series_->took[index_of(stage)]->Observe(seconds_of(duration));
}

void Metrics::shed() {
  series_->shed.Increment();
}

void Metrics::dropped(Dropped why) {
  series_->dropped[index_of(why)]->Increment();
}

void Metrics::broker_ready() {
  series_->broker_connections.Increment();
}

void Metrics::broker_failed() {
  series_->broker_failures.Increment();
}

void Metrics::broker_access_failed() {
  series_->access_failures.Increment();
}

void Metrics::crl_written(std::chrono::sys_seconds next_update, std::size_t entries) {
  series_->crl_end.Set(static_cast<double>(next_update.time_since_epoch().count()));
  series_->crl_entries.Set(static_cast<double>(entries));
}

void Metrics::lost_commit() {
  series_->lost_commits.Increment();
}

void Metrics::crl_failed() {
  series_->crl_failures.Increment();
}

void Metrics::set_broker_entries(std::size_t count) {
  series_->access_entries.Set(static_cast<double>(count));
}

void Metrics::set(const Queues& queues) {
  series_->inbox_messages.Set(static_cast<double>(queues.inbox_messages));
  series_->inbox_bytes.Set(static_cast<double>(queues.inbox_bytes));
  series_->outbox_messages.Set(static_cast<double>(queues.outbox_messages));
}

void Metrics::set_broker_up(bool up) {
  series_->broker_up.Set(up ? 1 : 0);
}

void Metrics::set_broker_access_up(bool up) {
  series_->access_up.Set(up ? 1 : 0);
}

void Metrics::set_database_up(bool up) {
  series_->database_up.Set(up ? 1 : 0);
}

void Metrics::polled(std::chrono::sys_seconds at) {
  series_->look.Set(static_cast<double>(at.time_since_epoch().count()));
}

void Metrics::set_devices(const std::vector<std::pair<std::string, std::int64_t>>& counts) {
  for (std::size_t i = 0; i < states.size(); ++i) {
    const auto found = std::ranges::find(counts, states[i], &std::pair<std::string, std::int64_t>::first);
    series_->devices[i]->Set(found == counts.end() ? 0 : static_cast<double>(found->second));
  }
}

void Metrics::set_default_rows(const std::vector<std::pair<std::string, std::int64_t>>& counts) {
  for (const auto& [table, rows] : counts)
    series_
        ->gauge("latchkey_default_partition_rows",
                "Rows of attempts and events whose month has no partition of its own, as counted recently, "
                "10000 at most. Every replica shows the same.",
                {{"table", table}})
        .Set(static_cast<double>(rows));
}

void Metrics::set_certificate_end(const std::string& certificate, std::chrono::sys_seconds not_after) {
  series_
      ->gauge("latchkey_certificate_expiry_timestamp_seconds",
              "When a certificate of the service ends, in Unix seconds.", {{"certificate", certificate}})
      .Set(static_cast<double>(not_after.time_since_epoch().count()));
}

void Metrics::set_version(const std::string& version) {
  series_->gauge("latchkey_info", "The program.", {{"version", version}}).Set(1);
}

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(series_->registry.Collect());
}

}  // namespace latchkey::service
