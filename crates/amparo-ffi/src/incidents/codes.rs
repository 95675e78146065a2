//! The code lists of incidents. Texts and order as in the core; see `docs/formats/domain.md`.

use crate::convert::codes;

codes! {
    /// What was done to somebody.
    ActCode = amparo_core::incident::ActCode {
        /// Violence against the body.
        PhysicalAttack = PHYSICAL_ATTACK,
        /// Harassment.
        Harassment = HARASSMENT,
        /// Public defamation.
        SmearCampaign = SMEAR_CAMPAIGN,
        /// Arrest or detention without lawful ground.
        ArbitraryDetention = ARBITRARY_DETENTION,
        /// Torture or other ill-treatment.
        TortureIllTreatment = TORTURE_ILL_TREATMENT,
        /// Killing.
        Killing = KILLING,
        /// Detention or abduction that is denied.
        EnforcedDisappearance = ENFORCED_DISAPPEARANCE,
        /// Threat.
        Threat = THREAT,
        /// Surveillance.
        Surveillance = SURVEILLANCE,
        /// Raid or search of a place.
        RaidSearch = RAID_SEARCH,
        /// Things taken.
        Confiscation = CONFISCATION,
        /// Courts or investigations used as a weapon.
        JudicialHarassment = JUDICIAL_HARASSMENT,
        /// Travel ban.
        TravelBan = TRAVEL_BAN,
        /// Loss of work.
        Dismissal = DISMISSAL,
        /// Sexual violence.
        SexualViolence = SEXUAL_VIOLENCE,
        /// Attack on the family.
        AttackOnFamily = ATTACK_ON_FAMILY,
        /// Damage to property.
        PropertyDamage = PROPERTY_DAMAGE,
        /// Attack online.
        OnlineAttack = ONLINE_ATTACK,
        /// Something else, told in the narrative.
        Other = OTHER,
    }
}

codes! {
    /// How precisely a time is known.
    DatePrecision = amparo_core::incident::DatePrecision {
        /// To the minute.
        Exact = EXACT,
        /// To the day.
        Day = DAY,
        /// To the month.
        Month = MONTH,
        /// To the year.
        Year = YEAR,
        /// About then.
        Circa = CIRCA,
    }
}

codes! {
    /// Support that is needed: the categories of the ProtectDefenders.eu mechanism.
    SupportKind = amparo_core::incident::SupportKind {
        /// Protection of home, office or body.
        PhysicalSecurity = PHYSICAL_SECURITY,
        /// Protection of devices, accounts and data.
        DigitalSecurity = DIGITAL_SECURITY,
        /// Telephones, connections.
        Communications = COMMUNICATIONS,
        /// Training in security.
        SecurityTraining = SECURITY_TRAINING,
        /// Safe ways to travel.
        SecureTransport = SECURE_TRANSPORT,
        /// Lawyers, court fees, bail.
        LegalSupport = LEGAL_SUPPORT,
        /// Treatment of body and mind.
        MedicalSupport = MEDICAL_SUPPORT,
        /// Help to live, for the family too.
        HumanitarianAndFamily = HUMANITARIAN_AND_FAMILY,
        /// To leave at once.
        UrgentRelocation = URGENT_RELOCATION,
        /// Watching trials and cases, speaking up.
        MonitoringAndAdvocacy = MONITORING_AND_ADVOCACY,
        /// Something else.
        Other = OTHER,
    }
}

codes! {
    /// What a recipient is asked to do.
    RequestedActionKind = amparo_core::incident::RequestedActionKind {
        /// To observe a trial.
        TrialObservation = TRIAL_OBSERVATION,
        /// To visit somebody in detention.
        DetentionVisit = DETENTION_VISIT,
        /// To speak in public.
        PublicStatement = PUBLIC_STATEMENT,
        /// To speak in private with those who can act.
        PrivateDiplomacy = PRIVATE_DIPLOMACY,
        /// To bring it before those who decide at a platform.
        PlatformEscalation = PLATFORM_ESCALATION,
        /// To keep evidence from being lost.
        EvidencePreservation = EVIDENCE_PRESERVATION,
        /// To bring back content or an account.
        ContentRestoration = CONTENT_RESTORATION,
        /// Something else.
        Other = OTHER,
    }
}

codes! {
    /// What was done already.
    ActionTakenKind = amparo_core::incident::ActionTakenKind {
        /// A complaint was filed.
        ComplaintFiled = COMPLAINT_FILED,
        /// A lawyer was asked.
        LawyerContacted = LAWYER_CONTACTED,
        /// A platform was told.
        ReportedToPlatform = REPORTED_TO_PLATFORM,
        /// Somebody was treated.
        MedicalCare = MEDICAL_CARE,
        /// Somebody spoke in public.
        PublicStatement = PUBLIC_STATEMENT,
        /// Somebody left.
        Relocated = RELOCATED,
        /// Something else.
        Other = OTHER,
    }
}

codes! {
    /// What was done online.
    OnlineHarmKind = amparo_core::incident::OnlineHarmKind {
        /// An account was taken over.
        AccountTakeover = ACCOUNT_TAKEOVER,
        /// Private data were published.
        Doxxing = DOXXING,
        /// Somebody pretends to be somebody else.
        Impersonation = IMPERSONATION,
        /// Many harass one.
        CoordinatedHarassment = COORDINATED_HARASSMENT,
        /// Threat.
        Threat = THREAT,
        /// Malware or phishing.
        Malware = MALWARE,
        /// Blocking or filtering by an authority.
        Censorship = CENSORSHIP,
        /// The platform removed content or an account.
        Takedown = TAKEDOWN,
        /// Abuse of pictures.
        ImageAbuse = IMAGE_ABUSE,
        /// Something else.
        Other = OTHER,
    }
}

codes! {
    /// What kind of actor a perpetrator is.
    PerpetratorKind = amparo_core::incident::PerpetratorKind {
        /// A State body other than police and military.
        State = STATE,
        /// Police.
        Police = POLICE,
        /// Military.
        Military = MILITARY,
        /// An armed group that is no State's.
        ArmedGroup = ARMED_GROUP,
        /// A company, or somebody who works for one.
        Company = COMPANY,
        /// A private person.
        PrivatePerson = PRIVATE_PERSON,
        /// An account online, whoever is behind it.
        OnlineAccount = ONLINE_ACCOUNT,
        /// Not known.
        Unknown = UNKNOWN,
    }
}

codes! {
    /// What somebody can be recognised by.
    IdentifierKind = amparo_core::incident::IdentifierKind {
        /// A uniform or its signs.
        Uniform = UNIFORM,
        /// The name or number of a unit.
        Unit = UNIT,
        /// A vehicle or its number plate.
        Vehicle = VEHICLE,
        /// A handle online.
        Handle = HANDLE,
        /// Something else.
        Other = OTHER,
    }
}

codes! {
    /// What somebody is in an incident.
    PersonRole = amparo_core::incident::PersonRole {
        /// A human rights defender.
        Defender = DEFENDER,
        /// Somebody to whom it was done.
        Victim = VICTIM,
        /// Somebody who saw it.
        Witness = WITNESS,
        /// Somebody who told of it.
        Source = SOURCE,
        /// A member of the family.
        Family = FAMILY,
        /// Something else.
        Other = OTHER,
    }
}

codes! {
    /// One or many.
    Nature = amparo_core::incident::Nature {
        /// One person.
        Individual = INDIVIDUAL,
        /// A group or an organisation.
        Group = GROUP,
    }
}

codes! {
    /// Gender, as the person says.
    Gender = amparo_core::incident::Gender {
        /// Woman.
        Woman = WOMAN,
        /// Man.
        Man = MAN,
        /// Non-binary.
        NonBinary = NON_BINARY,
        /// Another.
        Other = OTHER,
    }
}

codes! {
    /// Age in years, no finer than it is needed.
    AgeBand = amparo_core::incident::AgeBand {
        /// Up to 11.
        Child = CHILD,
        /// 12 to 17.
        Adolescent = ADOLESCENT,
        /// 18 to 29.
        YoungAdult = YOUNG_ADULT,
        /// 30 to 44.
        Adult = ADULT,
        /// 45 to 59.
        MiddleAged = MIDDLE_AGED,
        /// 60 and over.
        Older = OLDER,
    }
}

codes! {
    /// What somebody does. The first seven are the kinds of human rights defenders that the European Union's guidelines name.
    Occupation = amparo_core::incident::Occupation {
        /// Journalist.
        Journalist = JOURNALIST,
        /// Blogger.
        Blogger = BLOGGER,
        /// Member of a human rights organisation.
        NgoMember = NGO_MEMBER,
        /// Academic.
        Academic = ACADEMIC,
        /// Lawyer.
        Lawyer = LAWYER,
        /// Trade unionist.
        TradeUnionist = TRADE_UNIONIST,
        /// Representative of an indigenous community.
        IndigenousRepresentative = INDIGENOUS_REPRESENTATIVE,
        /// Student.
        Student = STUDENT,
        /// Health worker.
        HealthWorker = HEALTH_WORKER,
        /// Artist.
        Artist = ARTIST,
        /// Environmental defender.
        EnvironmentalDefender = ENVIRONMENTAL_DEFENDER,
        /// Public official.
        PublicOfficial = PUBLIC_OFFICIAL,
        /// Something else.
        Other = OTHER,
    }
}

codes! {
    /// A kind of recipient of reports.
    RecipientKind = amparo_core::incident::RecipientKind {
        /// A hotline, such as that of ProtectDefenders.eu.
        Hotline = HOTLINE,
        /// A civil society organisation.
        Cso = CSO,
        /// A lawyer.
        Lawyer = LAWYER,
        /// A platform's trust-and-safety team.
        Platform = PLATFORM,
        /// A procedure of the United Nations.
        UnProcedure = UN_PROCEDURE,
        /// The media.
        Media = MEDIA,
        /// Somebody whom the user trusts.
        TrustedPerson = TRUSTED_PERSON,
    }
}

codes! {
    /// What a person answered.
    ConsentStatus = amparo_core::incident::ConsentStatus {
        /// Yes, to the kinds of recipients in the scope.
        Granted = GRANTED,
        /// No.
        Refused = REFUSED,
        /// Nobody asked. Not a yes.
        NotAsked = NOT_ASKED,
    }
}

codes! {
    /// What somebody may be asked beyond being told of: a yes to a report is not a yes to this.
    ConsentPurpose = amparo_core::incident::ConsentPurpose {
        /// Their name may stand in a letter to the authorities of the State concerned.
        LetterToAuthorities = LETTER_TO_AUTHORITIES,
        /// Their name may stand in what is published.
        Publication = PUBLICATION,
        /// The report may be passed on to other organisations.
        PassingOn = PASSING_ON,
        /// The report may be used in proceedings before a court.
        LegalProceedings = LEGAL_PROCEEDINGS,
    }
}

codes! {
    /// How somebody can be reached.
    ContactMethod = amparo_core::incident::ContactMethod {
        /// By telephone.
        Phone = PHONE,
        /// By a messenger app.
        Messenger = MESSENGER,
        /// By e-mail.
        Email = EMAIL,
        /// Only in person.
        InPerson = IN_PERSON,
        /// Through somebody else.
        ThroughSomebody = THROUGH_SOMEBODY,
        /// In another way.
        Other = OTHER,
    }
}

codes! {
    /// How precisely a place may be told.
    PlacePrecision = amparo_core::incident::PlacePrecision {
        /// The place itself.
        Exact = EXACT,
        /// The town.
        Town = TOWN,
        /// The region.
        Region = REGION,
        /// Known and not told.
        Withheld = WITHHELD,
    }
}

codes! {
    /// Whether it goes on.
    IncidentStatus = amparo_core::incident::IncidentStatus {
        /// It goes on.
        Ongoing = ONGOING,
        /// It is over.
        Ended = ENDED,
        /// Not known. Not the same as over.
        Unknown = UNKNOWN,
    }
}

codes! {
    /// How soon somebody must act.
    Urgency = amparo_core::incident::Urgency {
        /// Life or liberty is in danger now.
        Imminent = IMMINENT,
        /// Serious.
        Serious = SERIOUS,
        /// For the record.
        Information = INFORMATION,
    }
}

codes! {
    /// How two incidents belong together.
    Relation = amparo_core::incident::Relation {
        /// Both belong to one case.
        SameCase = SAME_CASE,
        /// This one came after the other, because of it.
        Follows = FOLLOWS,
        /// This one is a part of the other.
        PartOf = PART_OF,
        /// In another way.
        Related = RELATED,
    }
}

codes! {
    /// What kind of source it is.
    SourceKind = amparo_core::incident::SourceKind {
        /// Somebody who saw it.
        Eyewitness = EYEWITNESS,
        /// The victim.
        Victim = VICTIM,
        /// The victim's family.
        Family = FAMILY,
        /// A document.
        Document = DOCUMENT,
        /// The media.
        Media = MEDIA,
        /// An organisation.
        Organisation = ORGANISATION,
        /// Something found online.
        Online = ONLINE,
        /// Another.
        Other = OTHER,
    }
}

codes! {
    /// How far what a source says is trusted.
    Reliability = amparo_core::incident::Reliability {
        /// Another source, independent of it, says the same.
        Confirmed = CONFIRMED,
        /// Likely true.
        Probable = PROBABLE,
        /// Nothing for it and nothing against it.
        Unconfirmed = UNCONFIRMED,
        /// Something speaks against it.
        Doubtful = DOUBTFUL,
        /// Nobody judged it yet.
        Unknown = UNKNOWN,
    }
}
