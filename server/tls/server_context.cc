#include "server/tls/server_context.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <array>
#include <new>
#include <stdexcept>
#include <string_view>

#include "config/host_pattern.h"
#include "server/tls/tls_server.h"

namespace skiff {
namespace {

constexpr const char* kCiphersOf12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphersOf13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256";
/// No RSA key below 2048 bits, no SHA-1, whatever the library was built with.
constexpr int kSecurityLevel = 2;

/// What is spoken over TLS, what we like most first, each with its length before it (RFC 7301).
constexpr std::string_view kProtocols = "\x02h2\x08http/1.1";
/// The same without HTTP/2.
constexpr std::string_view kProtocolsOf11 = kProtocols.substr(3);

TlsPeer& peerOf(SSL* ssl) {
  return *static_cast<TlsPeer*>(SSL_get_app_data(ssl));
}

/// The host_name of a server_name extension (RFC 6066, 3); empty if there is none.
std::string_view hostNameIn(std::span<const unsigned char> extension) {
  const auto number = [&](std::size_t at) {
    return static_cast<std::size_t>(extension[at] << 8 | extension[at + 1]);
  };
  // A list with its length before it, of which the first is a host_name (0), the only type there
  // is.
  if (extension.size() < 5 || number(0) != extension.size() - 2 || extension[2] != 0) return {};
  const std::size_t length = number(3);
  if (length > extension.size() - 5) return {};
  return {reinterpret_cast<const char*>(extension.data()) + 5, length};
}

/// Before anything else is decided, so that a session is resumed under its own certificate only. A
/// client that is asked for another key share (HelloRetryRequest; RFC 8446, 4.1.4) says hello
/// twice, and the first time counts.
int onClientHello(SSL* ssl, int* alert, void*) {
  try {
    TlsPeer& peer = peerOf(ssl);
    if (!peer.table) return SSL_CLIENT_HELLO_SUCCESS;
    const unsigned char* bytes = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size) == 1) {
      const std::string_view name = hostNameIn({bytes, size});
      peer.certificate = peer.table->find(name);
      if (const auto host = parseHostPattern(name); host.has_value() && host->front() != '*') {
        peer.hostName = *host;
      }
      if (SSL_set_SSL_CTX(ssl, peer.certificate->context()) == nullptr) throw std::bad_alloc();
    }
    peer.table.reset();
    return SSL_CLIENT_HELLO_SUCCESS;
  } catch (const std::exception&) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
  }
}

int choose(std::string_view ours, const unsigned char** chosen, unsigned char* length,
           const unsigned char* offered, unsigned offeredLength) {
  unsigned char* selected = nullptr;
  const int result =
      SSL_select_next_proto(&selected, length, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered, offeredLength);
  *chosen = selected;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int onProtocols(SSL* ssl, const unsigned char** chosen, unsigned char* length,
                const unsigned char* offered, unsigned offeredLength, void*) {
  return choose(peerOf(ssl).server.offersHttp2() ? kProtocols : kProtocolsOf11, chosen, length,
                offered, offeredLength);
}

int onAdminProtocols(SSL*, const unsigned char** chosen, unsigned char* length,
                     const unsigned char* offered, unsigned offeredLength, void*) {
  return choose(kProtocolsOf11, chosen, length, offered, offeredLength);
}

bool setMac(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

int sealTicket(TicketKeys& keys, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
               EVP_MAC_CTX* mac) {
  auto key = keys.current();
  if (!key) return 0;
  std::copy(key->name.begin(), key->name.end(), name);
  if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
  const bool sealed =
      EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1 &&
      setMac(mac, *key);
  return sealed ? 1 : -1;
}

int openTicket(SSL* ssl, TicketKeys& keys, const unsigned char* name, const unsigned char* iv,
               EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  auto found =
      keys.find(std::span<const std::uint8_t, TicketKeys::kNameSize>(name, TicketKeys::kNameSize));
  if (!found) return 0;
  const bool opened =
      setMac(mac, found->key) &&
      EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, found->key.cipher.data(), iv) == 1;
  if (!opened) return -1;
  constexpr int kUse = 1;
  constexpr int kUseAndRenew = 2;
  // Of TLS 1.3, clients use a ticket once, so that nobody can tell their connections to be one's.
  return found->isCurrent && SSL_version(ssl) != TLS1_3_VERSION ? kUse : kUseAndRenew;
}

int onTicket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
             EVP_MAC_CTX* mac, int isNew) {
  try {
    TicketKeys& keys = peerOf(ssl).server.ticketKeys();
    return isNew != 0 ? sealTicket(keys, name, iv, cipher, mac)
                      : openTicket(ssl, keys, name, iv, cipher, mac);
  } catch (const std::exception&) {
    return -1;
  }
}

ContextHandle makeContext() {
  ContextHandle handle(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = handle.get();
  if (context == nullptr) throw std::bad_alloc();
  SSL_CTX_set_security_level(context, kSecurityLevel);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  const bool isSet = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                     SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
                     SSL_CTX_set_cipher_list(context, kCiphersOf12) == 1 &&
                     SSL_CTX_set_ciphersuites(context, kCiphersOf13) == 1 &&
                     SSL_CTX_set1_groups_list(context, kGroups) == 1;
  if (!isSet) throw std::runtime_error("OpenSSL does not have what TLS needs");
  return handle;
}

}  // namespace

ContextHandle makeServerContext() {
  ContextHandle handle = makeContext();
  SSL_CTX* const context = handle.get();
  // Buffers only while there is something in them, and a turn that ends: without AUTO_RETRY, a read
  // comes back after each message that is not data.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_timeout(context, std::chrono::seconds(TicketKeys::kLifetime).count());
  if (SSL_CTX_set_tlsext_ticket_key_evp_cb(context, onTicket) != 1) throw std::bad_alloc();
  SSL_CTX_set_client_hello_cb(context, onClientHello, nullptr);
  SSL_CTX_set_alpn_select_cb(context, onProtocols, nullptr);
  return handle;
}

ContextHandle makeAdminContext() {
  ContextHandle handle = makeContext();
  SSL_CTX_set_options(handle.get(), SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(handle.get(), 0);
  SSL_CTX_set_alpn_select_cb(handle.get(), onAdminProtocols, nullptr);
  return handle;
}

}  // namespace skiff
