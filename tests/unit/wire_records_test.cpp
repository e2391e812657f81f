#include "msg_server/wire_records.h"

#include <gtest/gtest.h>

#include "base/pdu_protocol.h"

namespace talkbeat {
namespace {

TEST(WireRecords, a_session_type_that_does_not_exist_names_no_conversation) {
  EXPECT_EQ(conversation_ref(1, 7), (ConversationRef{ConversationKind::kSingle, 7}));
  EXPECT_EQ(conversation_ref(2, 7), (ConversationRef{ConversationKind::kGroup, 7}));
  EXPECT_FALSE(conversation_ref(0, 7));
  EXPECT_FALSE(conversation_ref(3, 7));
  EXPECT_EQ(session_type(ConversationKind::kGroup), IM::BaseDefine::SESSION_TYPE_GROUP);
}

TEST(WireRecords, a_profile_has_all_required_fields_and_says_whether_the_account_is_disabled) {
  Profile profile;
  profile.id = 7;
  profile.name = "alice";
  IM::BaseDefine::UserInfo info;
  fill(info, profile);
  EXPECT_TRUE(info.IsInitialized());
  EXPECT_EQ(info.user_domain(), "alice");
  EXPECT_EQ(info.status(), 0u);
  profile.disabled = true;
  fill(info, profile);
  EXPECT_EQ(info.status(), 3u);
}

TEST(WireRecords, lists_carry_the_newest_message) {
  const Message latest{4, 9, 1'700'000'000, 1, "hello"};
  IM::BaseDefine::ContactSessionInfo contact;
  fill(contact, Conversation{{ConversationKind::kSingle, 9}, 1'700'000'001, latest});
  EXPECT_TRUE(contact.IsInitialized());
  EXPECT_EQ(contact.latest_msg_data(), "hello");
  EXPECT_EQ(contact.updated_time(), 1'700'000'001u);
  IM::BaseDefine::UnreadInfo unread;
  fill(unread, Unread{{ConversationKind::kSingle, 9}, 3, latest});
  EXPECT_TRUE(unread.IsInitialized());
  EXPECT_EQ(unread.unread_cnt(), 3u);
  EXPECT_EQ(unread.latest_msg_id(), 4u);
  IM::BaseDefine::MsgInfo info;
  fill(info, latest);
  EXPECT_TRUE(info.IsInitialized());
  EXPECT_EQ(info.from_session_id(), 9u);
}

TEST(WireRecords, a_message_is_the_same_pdu_from_the_sender_and_from_a_sweep) {
  const NewMessage sent{1, {ConversationKind::kSingle, 2}, 1, "hello", 1'700'000'000, 77};
  const Appended stored{5, 1'700'000'003, 99, false};
  const SequencedMessage swept{99, ConversationKind::kSingle, 2, {5, 1, 1'700'000'003, 1, "hello"}, 77};
  EXPECT_TRUE(wire_message(sent, stored).IsInitialized());
  EXPECT_EQ(wire_message(sent, stored).create_time(), 1'700'000'003u);
  EXPECT_EQ(wire_message(sent, stored).SerializeAsString(), wire_message(swept).SerializeAsString());
}

TEST(WireRecords, the_type_of_a_message_says_whether_it_goes_to_a_group) {
  EXPECT_EQ(kind_of(IM::BaseDefine::MSG_TYPE_SINGLE_TEXT), ConversationKind::kSingle);
  EXPECT_EQ(kind_of(IM::BaseDefine::MSG_TYPE_SINGLE_AUDIO), ConversationKind::kSingle);
  EXPECT_EQ(kind_of(IM::BaseDefine::MSG_TYPE_GROUP_TEXT), ConversationKind::kGroup);
  EXPECT_EQ(kind_of(IM::BaseDefine::MSG_TYPE_GROUP_AUDIO), ConversationKind::kGroup);
}

TEST(WireRecords, a_group_is_told_as_the_member_sees_it) {
  GroupState state;
  state.group.id = 3;
  state.group.version = 9;
  state.group.kind = GroupKind::kNormal;
  state.group.name = "all of us";
  state.group.avatar_url = "http://192.0.2.1/x";
  state.members = {{5, 0, false}, {6, 12, true}};
  IM::BaseDefine::GroupInfo info;
  fill(info, state, 6);
  EXPECT_TRUE(info.IsInitialized());
  EXPECT_EQ(info.version(), 9u);
  EXPECT_EQ(info.group_type(), IM::BaseDefine::GROUP_TYPE_NORMAL);
  EXPECT_EQ(info.group_creator_id(), 0u);
  EXPECT_EQ(info.shield_status(), 1u);
  EXPECT_EQ(info.group_member_list_size(), 2);
  IM::BaseDefine::GroupInfo others;
  fill(others, state, 5);
  EXPECT_EQ(others.shield_status(), 0u);
}

TEST(WireRecords, a_message_is_found_in_its_pdu_and_in_no_other) {
  const NewMessage sent{1, {ConversationKind::kGroup, 2}, 0x11, "hello", 1'700'000'000, 77};
  const SharedBytes pdu = encode_pdu(wire_message(sent, {5, 1'700'000'003, 99, false, 4}));
  const auto found = message_in(pdu.bytes());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->msg_id(), 5u);
  EXPECT_EQ(found->from_user_id(), 1u);
  for (size_t cut = 0; cut < pdu.size(); ++cut) message_in(pdu.bytes().first(cut));
  EXPECT_FALSE(message_in(pdu.bytes().first(15)));
  EXPECT_FALSE(message_in(pdu.bytes().first(20)));
  EXPECT_FALSE(message_in(encode_pdu(IM::Message::IMClientTimeReq()).bytes()));
}

TEST(WireRecords, a_message_without_a_key_is_delivered_without_one) {
  const NewMessage sent{1, {ConversationKind::kSingle, 2}, 1, "hello", 1'700'000'000, std::nullopt};
  EXPECT_FALSE(wire_message(sent, {}).has_client_msg_key());
}

}  // namespace
}  // namespace talkbeat
