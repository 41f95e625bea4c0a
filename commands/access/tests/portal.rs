//! Signing in to the access portal.

use jiff::SignedDuration;

use super::{Desk, PROD};
use crate::access::portal::{self, SignIn};

#[tokio::test]
async fn somebody_signs_in_by_themselves_sees_their_portal_and_signs_out() {
    let mut desk = Desk::open().await;
    desk.world.user("ana", "ana@example.com").await;
    desk.world.permission_set("ReadOnly").await;
    desk.world.assigned("ana", "ReadOnly", PROD).await;
    assert_eq!(portal::look(&desk.context()).await.unwrap(), SignIn::Out);
    let invitation = portal::begin(&desk.context()).await.unwrap();
    assert_eq!(portal::look(&desk.context()).await.unwrap(), SignIn::Waiting(invitation.clone()), "it is too soon to ask AWS");
    desk.later(5).await;
    assert!(matches!(portal::look(&desk.context()).await.unwrap(), SignIn::Waiting(_)));
    desk.world.confirm_device(&invitation.code, "ana").await;
    desk.later(5).await;
    let SignIn::In(until) = portal::look(&desk.context()).await.unwrap() else { panic!("ana has signed in") };
    assert!(until > desk.now + SignedDuration::from_hours(7));
    let accounts = portal::accounts(&desk.context()).await.unwrap().unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!((&*accounts[0].id, &*accounts[0].name, &accounts[0].roles[..]), (PROD, "shop-prod", &["ReadOnly".to_owned()][..]));
    assert!(portal::sign_out(&desk.context()).await.unwrap());
    assert!(desk.world.signed_in().await.is_empty());
    assert_eq!(portal::accounts(&desk.context()).await.unwrap(), None);

    let invitation = portal::begin(&desk.context()).await.unwrap();
    desk.world.deny_device(&invitation.code).await;
    desk.later(5).await;
    assert_eq!(portal::look(&desk.context()).await.unwrap(), SignIn::Refused);
    assert_eq!(portal::look(&desk.context()).await.unwrap(), SignIn::Out);
}
