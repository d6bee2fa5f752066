// The plugin's callbacks, between Mosquitto's C and the gate. No exception reaches Mosquitto: each callback
// catches all, and then answers as if the gate were closed.
#include "gate/gate.hpp"

extern "C" {
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
}
#include <openssl/x509.h>

#include <array>
#include <ctime>
#include <exception>

namespace {

using namespace latchkey::gate;

// Ending a session takes 30 us.
constexpr std::chrono::milliseconds longest_ending{2};

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

Gate& gate_of(void* data) {
  return *static_cast<Gate*>(data);
}

template <class Callback>
int guarded(int when_it_fails, Callback callback) noexcept {
  try {
    return callback();
  } catch (const std::exception& error) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "latchkey: %s", error.what());
  } catch (...) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "latchkey: unknown error");
  }
  return when_it_fails;
}

struct Free {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};

/// Ends sessions for `longest_ending`; the next call continues. Their wills are not published.
void end_sessions(Gate& gate) {
  const auto until = std::chrono::steady_clock::now() + longest_ending;
  while (std::chrono::steady_clock::now() < until) {
    const auto id = gate.next_to_end();
    if (!id) return;
    static_cast<void>(mosquitto_kick_client_by_clientid(id->c_str(), false));
  }
}

int code_of(Admission admission, mosquitto* client, const std::string& id) {
  switch (admission) {
    case Admission::accept:
      return MOSQ_ERR_SUCCESS;
    case Admission::accept_as_device:
      return mosquitto_set_username(client, id.c_str()) == MOSQ_ERR_SUCCESS ? MOSQ_ERR_SUCCESS
                                                                            : MOSQ_ERR_UNKNOWN;
    case Admission::refuse:
      return MOSQ_ERR_AUTH;
    case Admission::drop:
      return MOSQ_ERR_UNKNOWN;  // any other error closes the connection without a word
    case Admission::defer:
      return MOSQ_ERR_PLUGIN_DEFER;
  }
  return MOSQ_ERR_UNKNOWN;
}

int on_connect(int, void* event, void* data) {
  return guarded(MOSQ_ERR_UNKNOWN, [&] {
    const auto& asked = *static_cast<const mosquitto_evt_basic_auth*>(event);
    const std::unique_ptr<X509, Free> certificate(
        static_cast<X509*>(mosquitto_client_certificate(asked.client)));
    const Connect connect{asked.client,
                          text_of(mosquitto_client_id(asked.client)),
                          text_of(asked.username),
                          asked.password == nullptr ? "" : asked.password,
                          certificate.get(),
                          mosquitto_client_protocol(asked.client) == mp_websockets};
    Gate& gate = gate_of(data);
    const Admission admission = gate.connect(connect);
    if (!gate.why().empty()) {
      const char* const address = mosquitto_client_address(asked.client);
      mosquitto_log_printf(MOSQ_LOG_NOTICE, "latchkey: refused a connection from %s with client id %.64s: %s",
                           address == nullptr ? "?" : address, connect.client_id.c_str(), gate.why().c_str());
    }
    return code_of(admission, asked.client, connect.client_id);
  });
}

Access access_of(int access) {
  if (access == MOSQ_ACL_WRITE) return Access::write;
  if (access == MOSQ_ACL_SUBSCRIBE) return Access::subscribe;
  return access == MOSQ_ACL_UNSUBSCRIBE ? Access::unsubscribe : Access::read;
}

int on_acl(int, void* event, void* data) {
  return guarded(MOSQ_ERR_ACL_DENIED, [&] {
    const auto& asked = *static_cast<const mosquitto_evt_acl_check*>(event);
    const char* const username = mosquitto_client_username(asked.client);
    const char* const client_id = mosquitto_client_id(asked.client);
    switch (gate_of(data).decide({username == nullptr ? "" : username, client_id == nullptr ? "" : client_id,
                                  access_of(asked.access), asked.topic})) {
      case Verdict::allow:
        return static_cast<int>(MOSQ_ERR_SUCCESS);
      case Verdict::defer:
        return static_cast<int>(MOSQ_ERR_PLUGIN_DEFER);
      case Verdict::deny:
        break;
    }
    return static_cast<int>(MOSQ_ERR_ACL_DENIED);
  });
}

int on_control(int, void* event, void* data) {
  return guarded(MOSQ_ERR_SUCCESS, [&] {
    const auto& said = *static_cast<const mosquitto_evt_control*>(event);
    const std::string client_id = text_of(mosquitto_client_id(said.client));
    const auto answer = gate_of(data).control(client_id, text_of(mosquitto_client_username(said.client)),
                                              {static_cast<const char*>(said.payload), said.payloadlen});
    if (answer)
      mosquitto_broker_publish_copy(client_id.c_str(), response_topic, static_cast<int>(answer->size()),
                                    answer->data(), 1, false, nullptr);
    end_sessions(gate_of(data));
    return static_cast<int>(MOSQ_ERR_SUCCESS);
  });
}

int on_disconnect(int, void* event, void* data) {
  return guarded(MOSQ_ERR_SUCCESS, [&] {
    const mosquitto* const client = static_cast<const mosquitto_evt_disconnect*>(event)->client;
    gate_of(data).disconnected(client, text_of(mosquitto_client_id(client)));
    return static_cast<int>(MOSQ_ERR_SUCCESS);
  });
}

// Defers, so that Mosquitto reads its own files again.
int on_reload(int, void*, void* data) {
  gate_of(data).reloading();
  return MOSQ_ERR_PLUGIN_DEFER;
}

int on_tick(int, void*, void* data) {
  return guarded(MOSQ_ERR_SUCCESS, [&] {
    Gate& gate = gate_of(data);
    gate.tick(static_cast<std::uint64_t>(std::time(nullptr)));
    end_sessions(gate);
    if (const std::string complaint = gate.complaint(); !complaint.empty())
      mosquitto_log_printf(MOSQ_LOG_WARNING, "latchkey: %s", complaint.c_str());
    return static_cast<int>(MOSQ_ERR_SUCCESS);
  });
}

struct Callback {
  int event;
  MOSQ_FUNC_generic_callback call;
  const char* topic;
};

constexpr std::array<Callback, 6> callbacks{{{MOSQ_EVT_BASIC_AUTH, on_connect, nullptr},
                                             {MOSQ_EVT_ACL_CHECK, on_acl, nullptr},
                                             {MOSQ_EVT_CONTROL, on_control, control_topic},
                                             {MOSQ_EVT_DISCONNECT, on_disconnect, nullptr},
                                             {MOSQ_EVT_RELOAD, on_reload, nullptr},
                                             {MOSQ_EVT_TICK, on_tick, nullptr}}};

mosquitto_plugin_id_t* identifier = nullptr;

Gate* make_gate(std::span<const mosquitto_opt> given) {
  Options options;
  for (const mosquitto_opt& option : given)
    options.insert_or_assign(text_of(option.key), text_of(option.value));
  auto settings = read_options(options);
  if (!settings) throw std::runtime_error(settings.error());
  auto gate = std::make_unique<Gate>(*std::move(settings));
  if (!gate->why_closed().empty())
    mosquitto_log_printf(MOSQ_LOG_WARNING,
                         "latchkey: closed to devices until the service has said everything: %s",
                         gate->why_closed().c_str());
  return gate.release();
}

}  // namespace

extern "C" {

[[gnu::visibility("default")]] int mosquitto_plugin_version(int count, const int* versions) {
  for (int i = 0; i < count; ++i)
    if (versions[i] == MOSQ_PLUGIN_VERSION) return MOSQ_PLUGIN_VERSION;
  return -1;
}

[[gnu::visibility("default")]] int mosquitto_plugin_init(mosquitto_plugin_id_t* id, void** data,
                                                         mosquitto_opt* options, int count) {
  return guarded(MOSQ_ERR_INVAL, [&] {
    identifier = id;
    Gate* const gate = make_gate({options, static_cast<std::size_t>(count)});
    *data = gate;
    for (const Callback& each : callbacks)
      if (const int error = mosquitto_callback_register(id, each.event, each.call, each.topic, gate);
          error != MOSQ_ERR_SUCCESS)
        return error;
    return static_cast<int>(MOSQ_ERR_SUCCESS);
  });
}

[[gnu::visibility("default")]] int mosquitto_plugin_cleanup(void* data, mosquitto_opt*, int) {
  for (const Callback& each : callbacks)
    static_cast<void>(mosquitto_callback_unregister(identifier, each.event, each.call, each.topic));
  delete static_cast<Gate*>(data);
  return MOSQ_ERR_SUCCESS;
}

}  // extern "C"
