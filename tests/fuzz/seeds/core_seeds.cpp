// For the targets that are pure functions of bytes.

#include <fstream>
#include <iterator>
#include <random>

#include "base/pdu_protocol.h"
#include "msg_server/session_token.h"
#include "tests/fuzz/seed_writer.h"

namespace talkbeat::fuzz {

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write_framing(SeedWriter& seeds) {
  IM::Login::IMMsgServReq small;
  TbRelay relay;
  relay.add_user_ids(1);
  relay.set_pdu(std::string(40, 'p'));
  const std::string pdus = text_of(encode_pdu(small).bytes()) + text_of(encode_pdu(relay).bytes());
  for (const char first : {'\0', '\x0f', '\x7f'}) {
    seeds.write("pdu_framing", std::string{first, '\0'} + pdus + pdus);
    seeds.write("pdu_framing", std::string{first, '\2', '\0', '\7'} + pdus + pdus.substr(0, 30));
    seeds.write("pdu_framing", std::string{first, '\1', '\x0f'} + pdus + std::string("\0\0\0\x0fxxxxxxxxxxxxxxxx", 20));
  }
}

std::string record(char type, const std::string& body) {
  const auto size = static_cast<uint16_t>(body.size());
  return std::string{type, '\3', '\1', static_cast<char>(size >> 8), static_cast<char>(size)} + body;
}

std::string handshake(char type, size_t size) {
  return std::string{type, '\0', static_cast<char>(size >> 8), static_cast<char>(size)} + std::string(size, 'h');
}

void write_hellos(SeedWriter& seeds) {
  const std::string hello = handshake(1, 300);
  const std::string whole = record(22, hello);
  const std::string in_two = record(22, hello.substr(0, 2)) + record(22, hello.substr(2));
  const std::string change = record(20, "\1");
  const std::string streams[] = {whole,
                                 in_two,
                                 whole + change + whole + record(23, "data"),
                                 whole + record(22, handshake(16, 40)),
                                 whole + record(21, std::string("\1\0", 2)),
                                 record(22, hello + hello.substr(0, 10)),
                                 record(22, handshake(2, 10)),
                                 record(22, std::string("\1\1\0\0", 4)),
                                 record(22, std::string("\1\0\0\0", 4)),
                                 change + whole,
                                 whole.substr(0, 40),
                                 "GET / HTTP/1.1\r\n\r\n"};
  for (const std::string& stream : streams) {
    seeds.write("client_hello", '\0' + stream);
    seeds.write("client_hello", std::string("\3\0\4\2", 4) + stream);
  }
}

void write_codecs(SeedWriter& seeds) {
  std::mt19937 random(1);
  for (int i = 0; i < 12; ++i) {
    TbRelay relay;
    for (int users = i % 10; users > 0; --users) relay.add_user_ids(static_cast<uint32_t>(random() >> random() % 32));
    relay.set_pdu(std::string(random() % 60, 'p'));
    if (i % 2 == 0) relay.set_message_sequence(uint64_t{random()} << i);
    if (i % 3 == 0) relay.set_client_class(i % 2);
    if (i % 5 == 4) relay.set_group_id(7);
    seeds.write("wire_codecs", '\0' + relay.SerializeAsString());
    IM::SwitchService::IMP2PCmdMsg command;
    command.set_from_user_id(static_cast<uint32_t>(random() >> random() % 32));
    command.set_to_user_id(2);
    command.set_cmd_msg_data(std::string(random() % 60, '{'));
    seeds.write("wire_codecs", '\1' + command.SerializeAsString());
  }
}

void write_tokens(SeedWriter& seeds) {
  const std::string claims("\0\0\0\7\0\0\0\0\1\xff\xff\xff\xff\0\x11\5alice", 21);
  const std::string good = SessionTokens{ClusterKey{}}.issue("alicf", {7, ClientClass::kPc, 1, 2'000'000'000});
  seeds.write("session_token", claims);
  seeds.write("session_token", claims + good);
  seeds.write("session_token", std::string(15, '\0') + '\0' + std::string(46, '\1'));
}

void write_settings(SeedWriter& seeds, const fs::path& source) {
  const std::string overrides[] = {"client.max_connections=10",
                                   "log.level=debug",
                                   "client.silence_timeout=30s",
                                   "cluster.login_servers=127.0.0.1:1,[::1]:2",
                                   "nothing=1",
                                   "client.max_pdu=-1KiB"};
  for (const std::string& text : overrides) {
    seeds.write("settings", '\0' + std::string(1, static_cast<char>(text.size())) + text + '\0');
  }
  std::string msg_server = read(source / "conf/msg_server.toml");
  for (size_t at = 0; at < msg_server.size(); at += 4'000) {
    seeds.write("settings", std::string("\0\0", 2) + msg_server.substr(at, 4'000));
  }
  seeds.write("settings", std::string("\1\0", 2) + read(source / "conf/login_server.toml").substr(0, 4'000));
  seeds.write("settings", std::string("\0\0", 2) + "[client]\nlisten = \"0.0.0.0:1\"\nmax_pdu = '1MiB'\n");
  seeds.write("settings", std::string("\1\0", 2) + "[log]\nlevel = 1.5\n[log]\nfile = \"a\\nb\"\n");
  seeds.write("settings", std::string("\1\0", 2) + "client.listen = [1, {a = 2}]\n\"\\u0000\" = 1979-05-27");
}

void write_dumps(SeedWriter& seeds, const fs::path& source) {
  const std::string dump = read(source / "tests/data/teamtalk.sql");
  seeds.write("sql_dump", '\x10' + dump);
  for (size_t at = 0; at < dump.size(); at += 1'500) seeds.write("sql_dump", '\3' + dump.substr(at, 1'500));
  seeds.write("sql_dump", "\1INSERT INTO `IMUser` (`id`,`name`) VALUES (1,'a\\'b\\0'),(2,NULL),(-3,0xDEAD);");
  seeds.write("sql_dump",
              "\2DELIMITER ;;\nREPLACE INTO x VALUES (_binary 'a', \"b\"\"c\");;\nDELIMITER ;\n/* x */ # y\n");
}

void write_texts(SeedWriter& seeds) {
  const std::string texts[] = {"alice",
                               "a\nb\x1b[31m \"q\" \\",
                               "\xe4\xbd\xa0\xe5\xa5\xbd\xe2\x80\xae\xff",
                               "../../etc/passwd",
                               "-rf",
                               "C:\\x\\.hidden.tar.gz",
                               "a%20b=1&c=%2F+x",
                               "[::1]:8080",
                               "::ffff:1.2.3.4",
                               "127.0.0.1:65536",
                               "90s",
                               "16KiB",
                               "-1",
                               "9223372036854775807",
                               "DEADbeef",
                               "/g0/3f/" + std::string(62, 'a') + ".png_100x100.jpg"};
  for (const std::string& text : texts) {
    for (char which = 0; which < 6; ++which) seeds.write("texts", which + text);
  }
}

}  // namespace

void write_core_seeds(SeedWriter& seeds, const fs::path& source) {
  write_framing(seeds);
  write_hellos(seeds);
  write_codecs(seeds);
  write_tokens(seeds);
  write_settings(seeds, source);
  write_dumps(seeds, source);
  write_texts(seeds);
}

}  // namespace talkbeat::fuzz
